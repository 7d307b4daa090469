"""Faults of the way to the database server; there is none in the embedded pass."""
