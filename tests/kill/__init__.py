"""Killing: what a client, a deadline and an alert look like after processes died."""
