"""The checks, a module for each area of the protocol."""
