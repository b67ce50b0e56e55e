"""A double pendulum for GymDash, and trajectories as a stat kind."""
