"""The plan for a whole zone: what is feasible, what is better, what cannot wait."""
