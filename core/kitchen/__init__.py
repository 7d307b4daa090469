"""Kitchen tickets: the paper a kitchen works by, and what was printed on it when."""
