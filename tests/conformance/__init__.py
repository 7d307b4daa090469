"""Judges any hub by its wire: a client that shares no code with the server."""
