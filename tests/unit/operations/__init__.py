"""Tests of what operators reach of one process."""
