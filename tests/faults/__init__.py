"""Faults: what clients hold after the bus, the database, a reader or a clock misbehaved."""
