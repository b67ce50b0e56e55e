"""Stats: series of points that a run produces, and the streamers that read them."""
