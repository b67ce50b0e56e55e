"""A double pendulum: two bobs of 1 kg on massless rods of one length, damped at both joints.

A state is a float64 array of shape (4,): the angles of both rods from the vertical in rad, then their velocities in
rad/s. Source: the Lagrange equations of the second kind for these two angles, solved for the accelerations.
"""

from dataclasses import dataclass

import numpy as np

#: Longest time of one step of the integration, in s.
STEP_S = 0.005


@dataclass(frozen=True)
class World:
    """What the pendulum swings in: length of each rod in m, gravity in m/s^2, damping in 1/s."""

    length: float = 1.0
    gravity: float = 9.81
    damping: float = 0.0


def derivative(state, world):
    """Return the velocities and accelerations that belong to a state."""
    angles, velocities = state[:2], state[2:]
    cos, sin = np.cos(angles[0] - angles[1]), np.sin(angles[0] - angles[1])
    length = world.length
    inertia = length * np.array([[2.0, cos], [cos, 1.0]])
    coupling = length * sin * np.array([-(velocities[1] ** 2), velocities[0] ** 2])
    weight = -world.gravity * np.array([2.0, 1.0]) * np.sin(angles)
    friction = -world.damping * length * velocities
    return np.concatenate([velocities, np.linalg.solve(inertia, coupling + weight + friction)])


def advance(state, world, seconds):
    """Return the state some time later, by the classical Runge-Kutta method of fourth order."""
    count = int(np.ceil(seconds / STEP_S))
    h = seconds / count
    for _ in range(count):
        k1 = derivative(state, world)
        k2 = derivative(state + h / 2 * k1, world)
        k3 = derivative(state + h / 2 * k2, world)
        k4 = derivative(state + h * k3, world)
        state = state + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return state


def lower_bob(state, world):
    """Return where the lower bob is, as (x, y) in m from the upper joint, y up."""
    return world.length * np.array([np.sin(state[:2]).sum(), -np.cos(state[:2]).sum()])


def energy(state, world):
    """Return kinetic and potential energy together, in J; potential energy is 0 at the upper joint's height."""
    (first, second), (u, v) = state[:2], state[2:]
    kinetic = world.length**2 * (u**2 + v**2 / 2 + u * v * np.cos(first - second))
    return kinetic - world.gravity * world.length * (2 * np.cos(first) + np.cos(second))
