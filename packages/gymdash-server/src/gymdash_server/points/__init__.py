"""The index of points: what was read of a run's stats, in the order in which it was read, ready to be windowed."""
