"""A plugin whose stats are drawn in the browser: one renderer is sound, the others have a fault each."""
