"""A countdown: the smallest complete GymDash plugin."""
