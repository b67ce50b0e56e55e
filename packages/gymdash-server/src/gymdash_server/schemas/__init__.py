"""API schemas: what clients send and get. Apart from tables and from worker messages; the mapping is explicit."""
