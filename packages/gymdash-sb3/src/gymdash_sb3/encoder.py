"""One H.264 file that grows frame by frame in an ffmpeg process of its own, and is seen only when it is whole.

The process is ours rather than imageio-ffmpeg's generator, which does not tell how ffmpeg ended: one that was killed,
or had no room left, leaves a file that no browser plays.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
from typing import IO, TYPE_CHECKING, Final

import imageio_ffmpeg

if sys.platform == "linux":
    import fcntl

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

#: How long ffmpeg may take to write the rest, in seconds; long, for machines that are busy.
_FINISH_S: Final = 120.0
_LAST_WORDS = 500
#: What Linux lets anybody ask for; a frame of 600 x 400 pixels is 0.7 MB.
_PIPE_BYTES: Final = 1 << 20


class VideoFile:
    """Write a video under a hidden name, and show it under its own when it is whole.

    Args:
        folder: Where it goes; made when it is missing.
        prefix: First part of its name.
        episode: Episode at which it begins.
        step: Step at which it begins.
        fps: Frames per second.

    Attributes:
        frames: Frames so far.
    """

    def __init__(self, folder: Path, prefix: str, episode: int, step: int, fps: int) -> None:
        self._folder, self._prefix, self._episode, self._step, self._fps = folder, prefix, episode, step, fps
        self._hidden = folder / f".{prefix}-{episode}_{step}.mp4"
        self._errors: IO[bytes] | None = None
        self._encoder: subprocess.Popen[bytes] | None = None
        self._shape: tuple[int, ...] = ()
        self.frames = 0

    def add(self, frame: NDArray[np.uint8]) -> None:
        """Add a frame; the first decides the size.

        Args:
            frame: uint8 array of shape (height, width, 3), RGB.

        Raises:
            ValueError: It has another size than the first.
            OSError: The encoder does not run, or has ended.
        """
        if self._encoder is None:
            self._shape = frame.shape
            self._encoder = self._begin(*frame.shape[:2])
        if frame.shape != self._shape:
            raise ValueError(f"the picture changed from {self._shape} to {frame.shape} while it was filmed")
        assert self._encoder.stdin is not None
        try:
            self._encoder.stdin.write(frame.data)
        except OSError as error:
            raise OSError(self._last_words() or str(error)) from error
        self.frames += 1

    def _begin(self, height: int, width: int) -> subprocess.Popen[bytes]:
        self._folder.mkdir(parents=True, exist_ok=True)
        frames = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", str(self._fps), "-i", "-"]
        even = ["-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2"]  # yuv420p has half the colours each way
        browsers = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-movflags", "+faststart"]
        cheap = ["-threads", "1", "-preset", "veryfast"]
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the encoder
        program = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-loglevel", "error"]
        encoder = subprocess.Popen(
            [*program, *frames, *even, *browsers, *cheap, str(self._hidden)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=self._errors,
        )
        assert encoder.stdin is not None
        _widen(encoder.stdin)
        return encoder

    def finish(self) -> None:
        """End the file and show it under its name; where that is taken, the number of the episode grows.

        Raises:
            OSError: The encoder failed; nothing is shown.
        """
        if self._encoder is None:
            return
        with contextlib.suppress(OSError):  # it has ended already: its exit code tells
            self._encoder.communicate(timeout=_FINISH_S)
        if self._encoder.returncode != 0:
            raise OSError(self._last_words() or f"ffmpeg ended with code {self._encoder.returncode}")
        episode = self._episode
        while (target := self._folder / f"{self._prefix}-{episode}_{self._step}.mp4").exists():
            episode += 1
        self._hidden.rename(target)
        self._close()

    def drop(self) -> None:
        """Give the file up."""
        if self._encoder is not None:
            self._encoder.kill()
            with contextlib.suppress(OSError):
                self._encoder.communicate()
        self._hidden.unlink(missing_ok=True)
        self._close()

    def _close(self) -> None:
        if self._errors is not None:
            self._errors.close()

    def _last_words(self) -> str:
        """Return what ffmpeg said, once it has ended."""
        assert self._encoder is not None
        assert self._errors is not None
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._encoder.wait(timeout=_FINISH_S)
        self._errors.seek(0)
        return self._errors.read()[-_LAST_WORDS:].decode(errors="replace").strip()


def _widen(pipe: IO[bytes]) -> None:
    """Let a pipe hold a frame, where the system can: writing one then does not wait for the encoder."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # more than this user may have
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
