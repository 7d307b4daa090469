"""Zones as dispatch has them: what operators set for each."""
