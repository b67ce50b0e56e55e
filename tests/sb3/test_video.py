"""Filming: files that browsers play, whole or not there, and never at the cost of training."""

from __future__ import annotations

import subprocess
import sys
import threading

import gymnasium as gym
import imageio_ffmpeg
import numpy as np
import psutil
import pytest

from gymdash_core import StopSimException
from gymdash_sb3 import RecordVideoCustom

#: ffmpeg, which has written everything and yet does not end until something is in a file beside it.
HELD_BACK = """#!/bin/sh
"{ffmpeg}" "$@"
code=$?
while [ ! -s "{gate}" ]; do sleep 0.01; done
exit $(($code + $(cat "{gate}")))
"""


@pytest.fixture
def gate(tmp_path, monkeypatch):
    """A file that ffmpeg waits for before it ends; what is in it is added to its exit code."""
    found = tmp_path / "gate"
    program = tmp_path / "ffmpeg"
    program.write_text(HELD_BACK.format(ffmpeg=imageio_ffmpeg.get_ffmpeg_exe(), gate=found), encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", lambda: str(program))
    return found


@pytest.fixture
def cartpole(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    env = gym.make("CartPole-v1", render_mode="rgb_array")
    env.reset(seed=1)
    return env


def play(env, episodes):
    steps = 0
    env.action_space.seed(1)
    for _ in range(episodes):
        env.reset(seed=steps)
        over = False
        while not over:
            _, _, terminated, truncated, _ = env.step(env.action_space.sample())
            over = terminated or truncated
            steps += 1
    return steps


def probe(path):
    """Return what ffmpeg says of a video."""
    program = imageio_ffmpeg.get_ffmpeg_exe()
    done = subprocess.run([program, "-i", str(path)], capture_output=True, text=True, check=False)
    return done.stderr


def test_videos_are_named_by_episode_and_step_from_zero_and_play_in_browsers(tmp_path, cartpole):
    env = RecordVideoCustom(cartpole, tmp_path, episode_trigger=lambda episode: episode % 2 == 0)
    play(env, 4)
    env.close()
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names[0] == "rl-video-episode-0_0.mp4"
    assert names[1].startswith("rl-video-episode-2_")
    assert len(names) == 2
    told = probe(tmp_path / names[0])
    assert "h264" in told
    assert "yuv420p" in told
    assert "30 fps" in told or "50 fps" in told


def test_a_stretch_of_steps_is_as_long_as_asked(tmp_path, cartpole):
    env = RecordVideoCustom(cartpole, tmp_path, step_trigger=10, video_length=5, fps=10)
    play(env, 2)
    env.close()
    first, second = sorted(tmp_path.iterdir(), key=lambda path: int(path.stem.rpartition("_")[2]))[:2]
    assert first.name == "rl-video-step-0_0.mp4"
    assert second.name == "rl-video-step-0_10.mp4"
    frames, _ = imageio_ffmpeg.count_frames_and_secs(str(first))
    assert frames == 6  # where it begins, and five steps


def test_a_trigger_is_asked_for_each_step_once_and_the_last_of_an_episode_begins_nothing(tmp_path, cartpole):
    asked = []

    env = RecordVideoCustom(cartpole, tmp_path, step_trigger=asked.append)
    steps = play(env, 2)
    assert asked == list(range(steps))
    env.close()
    assert list(tmp_path.iterdir()) == []


def test_a_video_is_not_overwritten(tmp_path, cartpole):
    (tmp_path / "rl-video-episode-0_0.mp4").write_bytes(b"old")
    env = RecordVideoCustom(cartpole, tmp_path, episode_trigger=1)
    play(env, 1)
    env.close()
    assert (tmp_path / "rl-video-episode-0_0.mp4").read_bytes() == b"old"
    assert (tmp_path / "rl-video-episode-1_0.mp4").stat().st_size > 100


def test_the_next_episode_is_filmed_on_request(tmp_path, cartpole):
    env = RecordVideoCustom(cartpole, tmp_path)
    play(env, 1)
    assert env.record_next_episode() == 1
    play(env, 2)
    env.close()
    (video,) = tmp_path.iterdir()
    assert video.name.startswith("rl-video-episode-1_")


def test_an_unfinished_video_is_hidden_and_an_environment_that_fails_ends_it(
    tmp_path, cartpole, monkeypatch, eventually
):
    env = RecordVideoCustom(cartpole, tmp_path, episode_trigger=1)
    env.reset(seed=1)
    env.step(0)
    assert eventually(lambda: [path.name for path in tmp_path.iterdir()]) == [".rl-video-episode-0_0.mp4"]

    def fail(action):
        raise RuntimeError("the environment broke")

    monkeypatch.setattr(cartpole, "step", fail)
    with pytest.raises(RuntimeError, match="broke"):
        env.step(0)
    assert [path.name for path in tmp_path.iterdir()] == ["rl-video-episode-0_0.mp4"]


def test_an_environment_that_renders_nothing_says_so_and_goes_on(tmp_path):
    env = RecordVideoCustom(gym.make("CartPole-v1"), tmp_path, episode_trigger=1)
    told = []
    env.on_problem = told.append
    play(env, 2)
    env.close()
    assert len(told) == 1
    assert "renders no pictures" in told[0]
    assert list(tmp_path.iterdir()) == []


def test_an_encoder_that_fails_says_so_and_training_goes_on(tmp_path, cartpole, monkeypatch):
    def no_encoder(*args, **kwargs):
        raise OSError("no encoder here")

    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", no_encoder)
    env = RecordVideoCustom(cartpole, tmp_path, episode_trigger=1)
    told = []
    env.on_problem = told.append
    assert play(env, 5) > 10
    assert told == [
        *["a video could not be made: OSError: no encoder here"] * 2,
        "no more videos: OSError: no encoder here",
    ]
    assert env.record_next_episode() is None
    assert list(tmp_path.iterdir()) == []


def test_an_encoder_that_is_killed_leaves_no_broken_video(tmp_path, cartpole):
    env = RecordVideoCustom(cartpole, tmp_path, episode_trigger=1)
    told = []
    env.on_problem = told.append
    env.reset(seed=1)
    env.step(0)
    (encoder,) = [child for child in psutil.Process().children() if "ffmpeg" in child.name()]
    encoder.kill()
    play(env, 1)
    env.close()
    assert len(told) == 1
    assert told[0].startswith("a video could not be made: OSError: ")
    (video,) = tmp_path.iterdir()
    assert video.name == "rl-video-episode-1_1.mp4"
    assert "h264" in probe(video)


def test_an_environment_goes_on_while_a_video_is_finished_behind_it_and_close_waits(
    tmp_path, cartpole, gate, eventually
):
    folder = tmp_path / "videos"
    env = RecordVideoCustom(cartpole, folder, episode_trigger=2, finish_behind=True)
    play(env, 2)  # the first is filmed, and its encoder does not end
    assert eventually(lambda: [path.name for path in folder.iterdir()]) == [".rl-video-episode-0_0.mp4"]
    gate.write_text("0")
    play(env, 1)
    env.close()
    first, second = sorted(path.name for path in folder.iterdir())
    assert first == "rl-video-episode-0_0.mp4"
    assert second.startswith("rl-video-episode-2_")


def test_what_fails_behind_is_told_at_a_reset_and_the_next_videos_are_made(tmp_path, cartpole, gate, eventually):
    folder = tmp_path / "videos"
    env = RecordVideoCustom(cartpole, folder, episode_trigger=lambda episode: episode == 0, finish_behind=True)
    told = []
    env.on_problem = told.append
    play(env, 1)
    assert told == []
    gate.write_text("3")
    eventually(lambda: env.reset() and told)
    assert told == ["a video could not be made: OSError: ffmpeg ended with code 3"]
    assert list(folder.iterdir()) == []
    gate.write_text("0")
    assert env.record_next_episode() is not None
    play(env, 1)
    env.close()
    assert len(told) == 1
    assert [path.suffix for path in folder.iterdir()] == [".mp4"]


def test_a_video_is_finished_in_place_where_no_thread_can_be_had(tmp_path, cartpole, monkeypatch):
    def no_thread(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", no_thread)
    env = RecordVideoCustom(cartpole, tmp_path, episode_trigger=1, finish_behind=True)
    play(env, 2)
    env.close()
    assert env.problem is None
    assert min(path.name for path in tmp_path.iterdir()) == "rl-video-episode-0_0.mp4"
    assert len(list(tmp_path.iterdir())) == 2


def test_a_program_that_closes_at_its_exit_keeps_its_last_video(tmp_path):
    program = f"""
import atexit, gymnasium
from gymdash_sb3 import RecordVideoCustom
env = RecordVideoCustom(gymnasium.make("CartPole-v1", render_mode="rgb_array"), {str(tmp_path)!r}, episode_trigger=1)
atexit.register(env.close)
env.reset(seed=1)
env.step(0)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["rl-video-episode-0_0.mp4"]


def test_by_default_a_video_is_whole_when_its_episode_ends(tmp_path, cartpole):
    env = RecordVideoCustom(cartpole, tmp_path, episode_trigger=1)
    play(env, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["rl-video-episode-0_0.mp4"]


def test_a_stop_while_a_picture_is_rendered_is_not_taken_for_a_failure(tmp_path, cartpole, monkeypatch):
    def stop():
        raise StopSimException("stopped")

    monkeypatch.setattr(cartpole, "render", stop)
    env = RecordVideoCustom(cartpole, tmp_path, episode_trigger=1)
    with pytest.raises(StopSimException):
        env.reset(seed=1)
    assert env.problem is None


def test_pictures_that_change_their_size_say_so(tmp_path, cartpole, monkeypatch):
    sizes = iter([(40, 60, 3), (60, 40, 3)])
    monkeypatch.setattr(cartpole, "render", lambda: np.zeros(next(sizes), np.uint8))
    env = RecordVideoCustom(cartpole, tmp_path, episode_trigger=1)
    env.reset(seed=1)
    env.step(0)
    assert "changed from (40, 60, 3) to (60, 40, 3)" in env.problem
