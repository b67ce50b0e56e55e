import numpy as np
import pytest

from gymdash_pendulum.physics import World, advance, derivative, energy, lower_bob


def test_what_hangs_at_rest_stays():
    assert advance(np.zeros(4), World(), 1.0) == pytest.approx(np.zeros(4))


def test_nothing_is_lost_without_damping():
    start = np.array([2.0, 1.0, 0.0, 0.5])
    assert energy(advance(start, World(), 5.0), World()) == pytest.approx(energy(start, World()), abs=1e-3)


def test_damping_takes_energy_until_it_hangs():
    world = World(damping=2.0)
    end = advance(np.array([1.0, 1.0, 0.0, 0.0]), world, 30.0)
    assert energy(end, world) == pytest.approx(-3 * world.gravity, abs=1e-3)
    assert lower_bob(end, world) == pytest.approx([0.0, -2.0], abs=1e-2)


def test_without_gravity_a_stretched_pendulum_turns_evenly():
    end = advance(np.array([0.0, 0.0, 1.0, 1.0]), World(gravity=0.0), 2.0)
    assert end == pytest.approx([2.0, 2.0, 1.0, 1.0])


def test_small_swings_have_the_frequency_of_the_textbook():
    # Both angles swing together at omega^2 = (2 - sqrt 2) g / l where the second is sqrt 2 times the first.
    angles = 1e-4 * np.array([1.0, np.sqrt(2.0)])
    accelerations = derivative(np.concatenate([angles, np.zeros(2)]), World())[2:]
    assert accelerations == pytest.approx(-(2 - np.sqrt(2.0)) * 9.81 * angles, rel=1e-6)
