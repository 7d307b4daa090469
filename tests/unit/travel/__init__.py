"""How long a way takes, by whichever source."""
