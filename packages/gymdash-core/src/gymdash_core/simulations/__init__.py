"""Simulations that come with GymDash, registered by hook like any other."""
