"""The rules of the house, as tests: they read the source, never run it."""
