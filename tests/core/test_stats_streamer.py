"""Rules of `gymdash_core.stats.streamer`: one streamer a name, one stat a (key, kind), whatever else a streamer is."""

from __future__ import annotations

import threading

import pytest

from gymdash_core.errors import StreamerConflictError, UnknownStatError
from gymdash_core.stats.kinds import StatPoint
from gymdash_core.stats.stat import check_limit
from gymdash_core.stats.streamer import SimulationStreamer
from gymdash_core.testing import MemoryStat, MemoryStreamer


def memory(name, *pairs):
    """A streamer with stats that each hold one point, whose value is the streamer's name."""
    return MemoryStreamer(name, [MemoryStat(key, kind, [StatPoint(0, 1.0, name)]) for key, kind in pairs])


class OtherStreamer(MemoryStreamer):
    pass


class Wrapper:
    """What matters of a gymnasium wrapper: its own __init__, a ``spec`` that is no method, and no truth value."""

    def __init__(self, env):
        self.env = env

    @property
    def spec(self):
        return f"EnvSpec({self.env})"

    def __bool__(self):
        raise TypeError("ambiguous")

    def __eq__(self, other):
        raise TypeError("ambiguous")

    __hash__ = None  # type: ignore[assignment]


class StreamingWrapper(Wrapper, MemoryStreamer):
    def __init__(self, env):
        Wrapper.__init__(self, env)
        MemoryStreamer.__init__(self, "tb", [MemoryStat("reward", points=[StatPoint(0, 1.0, "tb")])])


class RebuildableWrapper(StreamingWrapper):
    def stream_spec(self):
        return "tensorboard", "tb", {}


def test_get_or_register_returns_the_one_that_was_first():
    streamer = SimulationStreamer()
    first, second = MemoryStreamer("a"), MemoryStreamer("a")
    assert streamer.get_or_register(first) is first
    assert streamer.get_or_register(second) is first
    assert streamer.streamers() == {"a": first}


def test_get_or_register_refuses_another_class_under_the_name():
    streamer = SimulationStreamer()
    streamer.get_or_register(MemoryStreamer("a"))
    with pytest.raises(StreamerConflictError, match=r"'a'.*MemoryStreamer.*OtherStreamer"):
        streamer.get_or_register(OtherStreamer("a"))


def test_register_refuses_a_second_object_and_takes_the_same_twice():
    streamer = SimulationStreamer()
    first = streamer.register("a", MemoryStreamer("x"))
    assert streamer.register("a", first) is first
    with pytest.raises(StreamerConflictError):
        streamer.register("a", MemoryStreamer("y"))
    assert list(streamer.streamers()) == ["a"]


def test_streamer_may_be_a_wrapper_of_another_library_too():
    streamer = SimulationStreamer()
    env = streamer.get_or_register(StreamingWrapper("CartPole"))
    assert streamer.get_or_register(StreamingWrapper("CartPole")) is env
    assert streamer.register("tb", env) is env
    assert env.env == "CartPole"
    assert streamer.get_stat_keys() == [("reward", "scalars")]
    assert streamer.stat("reward").get_values()[0].value == "tb"


def test_spec_of_another_base_class_is_no_stream_spec():
    assert StreamingWrapper("x").stream_spec() is None
    assert RebuildableWrapper("x").stream_spec() == ("tensorboard", "tb", {})
    assert MemoryStreamer("x").stream_spec() is None


@pytest.mark.parametrize("thing", [None, object(), MemoryStreamer, Wrapper("x")])
def test_what_is_no_streamer_is_refused(thing):
    with pytest.raises(TypeError, match="no Streamer"):
        SimulationStreamer().get_or_register(thing)


@pytest.mark.parametrize("name", ["", None, 3])
def test_streamer_without_a_name_is_refused(name):
    with pytest.raises(TypeError, match="name"):
        SimulationStreamer().get_or_register(MemoryStreamer(name))


def test_first_registered_gives_a_stat_that_two_offer():
    streamer = SimulationStreamer()
    streamer.get_or_register(memory("one", ("a", "scalars")))
    streamer.get_or_register(memory("two", ("a", "scalars"), ("a", "text"), ("b", "text")))
    assert streamer.get_stat_keys() == [("a", "scalars"), ("a", "text"), ("b", "text")]
    assert streamer.stat("a", "scalars").get_values()[0].value == "one"
    assert streamer.stat("a", "text").get_values()[0].value == "two"
    assert streamer.stat("b").kind == "text"


def test_unknown_and_ambiguous_stats_are_explained():
    streamer = SimulationStreamer()
    streamer.get_or_register(memory("one", ("loss", "scalars"), ("loss", "text")))
    with pytest.raises(UnknownStatError, match=r"scalars, text.*Name the kind"):
        streamer.stat("loss")
    with pytest.raises(UnknownStatError, match="Did you mean 'loss'"):
        streamer.stat("los")
    with pytest.raises(UnknownStatError, match="images"):
        streamer.stat("loss", "images")


def test_each_registration_is_announced_once_and_the_last_call_sees_all():
    seen = []
    streamer = SimulationStreamer(lambda: seen.append(len(streamer.streamers())))
    barrier = threading.Barrier(4)

    def work(number):
        barrier.wait()
        for index in range(20):
            streamer.get_or_register(MemoryStreamer(f"{number}-{index}"))
            streamer.get_or_register(MemoryStreamer("shared"))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 81
    assert seen[-1] == 81
    assert seen == sorted(seen)


def test_get_recent_gives_each_point_once_per_instance():
    points = [StatPoint(0, 1.0, "x")]
    one, other = MemoryStat("a", points=points), MemoryStat("a", points=points)
    assert [len(one.get_recent()), len(one.get_recent()), len(other.get_recent())] == [1, 0, 1]
    assert len(one.get_values()) == 1
    assert one.tag == "scalars"


def test_negative_limit_is_refused():
    with pytest.raises(ValueError, match="limit"):
        check_limit(-1)
