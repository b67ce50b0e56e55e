"""What users of the original wrote, with only imports changed; torch and gymnasium imported at the top."""

from __future__ import annotations

import os

import gymnasium as gym
import torch  # noqa: F401 - as in the users' files
from stable_baselines3 import PPO

from gymdash_core import (
    MediaFileStatLinker,
    MediaLinkStreamableStat,
    SimStatus,
    SimStatusCode,
    SimStatusSubcode,
    Simulation,
    SimulationStartConfig,
    StopSimException,
    stat_tags,
)
from gymdash_sb3 import RecordVideoCustom, SimulationInteractionCallback, TensorboardStreamWrapper


class OriginalSample(Simulation):
    """The documented sample of the original."""

    def __init__(self, config: SimulationStartConfig):
        super().__init__(config)
        self.tb_tag_key_map = {stat_tags.TB_SCALARS: ["rollout/ep_rew_mean", "train/learning_rate"]}

    def create_kwarg_defaults(self):
        return {"num_steps": 200}

    def _create_streamers(self, kwargs):
        pass

    def _setup(self, **kwargs):
        pass

    def _run(self, **kwargs):
        kwargs = self._overwrite_new_kwargs(self.kwarg_defaults, self.config.kwargs, kwargs)
        tb_path = os.path.join(self._project_sim_base_path, "tb")
        video_path = os.path.join(self._project_sim_base_path, "video")
        env = gym.make("CartPole-v1", render_mode="rgb_array")
        env = self.streamer.get_or_register(TensorboardStreamWrapper(env, tb_path, self.tb_tag_key_map))
        self.streamer.get_or_register(
            MediaFileStatLinker(
                "media_" + tb_path,
                [
                    MediaLinkStreamableStat(
                        "episode_video",
                        stat_tags.VIDEOS,
                        video_path,
                        r"rl-video-(episode|step)-[0-9]+_[0-9]+\.mp4",
                        lambda fname: int(fname.split("_")[-1][:-4]),
                    )
                ],
            )
        )
        env = RecordVideoCustom(env, video_path, episode_trigger=lambda x: x % 5 == 0)
        self.model = PPO("MlpPolicy", env, n_steps=64, batch_size=32, n_epochs=1, tensorboard_log=tb_path, seed=1)
        callback = SimulationInteractionCallback(self)
        try:
            self.model.learn(total_timesteps=kwargs["num_steps"], progress_bar=False, callback=callback)
            if self.was_cancelled():
                self.add_status(
                    SimStatus(code=SimStatusCode.FAIL, subcode=SimStatusSubcode.STOPPED, details="Simulation stopped.")
                )
            else:
                self.add_status(SimStatus(code=SimStatusCode.SUCCESS, details="Simulation successfully run."))
        except StopSimException:
            self._meta_failed = True
            self.add_status(
                SimStatus(code=SimStatusCode.FAIL, subcode=SimStatusSubcode.STOPPED, details="Simulation stopped.")
            )
        except Exception as e:  # noqa: BLE001 - as in the sample
            self._meta_failed = True
            self.add_error_details(str(e))


class GymnasiumsOwnVideo(Simulation):
    """A simulation that films with gymnasium's own wrapper."""

    def _run(self, **kwargs):
        folder = os.path.join(self.sim_path, "video")
        env = gym.make("CartPole-v1", render_mode="rgb_array")
        env = gym.wrappers.RecordVideo(env, folder, episode_trigger=lambda episode: episode < 2, disable_logger=True)
        stat = MediaLinkStreamableStat("video", "videos", folder, r"rl-video-episode-(?P<step>\d+)\.mp4")
        self.streamer.get_or_register(MediaFileStatLinker("videos", [stat]))
        for episode in range(3):
            env.reset(seed=episode)
            over = False
            while not over:
                _, _, terminated, truncated, _ = env.step(env.action_space.sample())
                over = terminated or truncated
            self.tick(episode + 1, 3)
        env.close()


class Breaking(gym.Wrapper):
    """An environment that raises at step 500."""

    def __init__(self, env):
        super().__init__(env)
        self.taken = 0

    def step(self, action):
        self.taken += 1
        if self.taken == 500:
            raise RuntimeError("the environment broke at step 500")
        return super().step(action)


class Blind(gym.Env):
    """An environment that cannot render."""

    metadata = {"render_modes": []}  # noqa: RUF012 - gymnasium's way

    def __init__(self, render_mode=None):
        self.observation_space = gym.spaces.Box(0, 1, (2,))
        self.action_space = gym.spaces.Discrete(2)
        self.steps = 0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        return self.observation_space.sample(), {}

    def step(self, action):
        self.steps += 1
        return self.observation_space.sample(), float(action), self.steps >= 10, False, {}


def _make_breaking(render_mode=None):
    return Breaking(gym.make("CartPole-v1", render_mode=render_mode))


if "Blind-v0" not in gym.registry:
    gym.register("Breaking-v0", entry_point=_make_breaking)
    gym.register("Blind-v0", entry_point=Blind)
