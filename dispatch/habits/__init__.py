"""What each shop's history teaches its zone's plans."""
