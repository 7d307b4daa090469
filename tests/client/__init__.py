"""The Python client against a server that behaves as each test wants."""
