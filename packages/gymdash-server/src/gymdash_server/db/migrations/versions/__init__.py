"""The versions of the index."""
