"""The proxy of faults itself: pure judgement, and real connections through it."""
