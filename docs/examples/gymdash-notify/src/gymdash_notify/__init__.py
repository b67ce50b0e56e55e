"""Tells a webhook when a run of GymDash has ended."""
