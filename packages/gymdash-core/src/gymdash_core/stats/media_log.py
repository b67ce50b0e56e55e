"""Media that a simulation logs: pictures, videos and sounds that become files of the run and points of a stat.

A file appears whole or not at all: ``media/<key>/<step>.<suffix>`` is written under a hidden name and renamed; then one
line goes into the index (`stats.manifest`).
"""

from __future__ import annotations

import contextlib
import mimetypes
import os
import shutil
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gymdash_core.errors import FieldError, InvalidValueError, StatWriteError
from gymdash_core.stat_tags import AUDIO, IMAGES, VIDEOS
from gymdash_core.stats.encode import encode_audio, encode_image, encode_video
from gymdash_core.stats.filenames import quote_name
from gymdash_core.stats.manifest import MediaJournal
from gymdash_core.stats.media_format import HEAD_BYTES, sniff
from gymdash_core.stats.values import key_value, step_value

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from gymdash_core.project import RunFolder
    from gymdash_core.stats.media_index import MediaEntry

_TOP_TYPES = {IMAGES: "image", VIDEOS: "video", AUDIO: "audio"}


class MediaLog:
    """Write logged media into a run.

    Thread safety: all methods may be called from any thread; one process writes.

    Args:
        run: The run's files.
        attempt: Number of the attempt; stamped on each point.
        shield: Entered around our locks and writes, so that no signal unwinds inside; None needs none.
    """

    def __init__(self, run: RunFolder, attempt: int = 1, shield: AbstractContextManager[Any] | None = None) -> None:
        self._folder = run.media
        self._journal = MediaJournal(run, attempt, shield)
        self._shield = contextlib.nullcontext() if shield is None else shield
        self._lock = threading.Lock()

    def write(
        self, kind: str, key: str, source: Any, step: int, *, sample_rate: int = 44100, fps: float = 30.0
    ) -> MediaEntry:
        """Add a media file to a stat; it is complete and indexed when this returns.

        Args:
            kind: ``images``, ``videos`` or ``audio``.
            key: Name of the stat.
            source: A path (str or Path), copied; encoded bytes; or an array, see `stats.encode`.
            step: Step of the simulation.
            sample_rate: Samples per second, for an array of sound.
            fps: Frames per second, for an array of frames.

        Raises:
            InvalidValueError: The source is missing, or no media of that kind.
            StatError: The source is an array of pictures and Pillow is not installed.
            StatWriteError: The disk is full or read-only; nothing is left behind.
        """
        step = step_value(step, key)
        if kind not in _TOP_TYPES:
            raise _refuse(key, f"kind {kind!r} has no media: {', '.join(_TOP_TYPES)}")
        folder = self._folder / quote_name(key_value(key))
        if isinstance(source, (str, os.PathLike)):
            path = Path(source)
            return self._publish(folder, kind, key, step, path, _suffix_of_file(kind, key, path))
        data = _encode(kind, source, sample_rate, fps)
        return self._publish(folder, kind, key, step, data, _suffix_of_data(kind, key, data))

    def close(self) -> None:
        """End; nothing is open between two calls of `write`."""

    def _publish(self, folder: Path, kind: str, key: str, step: int, source: Path | bytes, suffix: str) -> MediaEntry:
        with self._shield, self._lock:
            written = folder / f".{step}{suffix}.new"
            try:
                folder.mkdir(parents=True, exist_ok=True)
                if isinstance(source, bytes):
                    written.write_bytes(source)
                else:
                    shutil.copyfile(source, written)
                written = written.rename(_free_name(folder, step, suffix))
                return self._journal.add(key, kind, written, step, time.time())
            except BaseException as error:
                with contextlib.suppress(OSError):
                    written.unlink()
                if isinstance(error, OSError):
                    raise StatWriteError(written, error.strerror or str(error)) from error
                raise


def _free_name(folder: Path, step: int, suffix: str) -> Path:
    """Return a name that is not taken: a step may be logged more than once."""
    path, number = folder / f"{step}{suffix}", 1
    while path.exists():
        number += 1
        path = folder / f"{step}-{number}{suffix}"
    return path


def _encode(kind: str, source: Any, sample_rate: int, fps: float) -> bytes:
    if isinstance(source, (bytes, bytearray)):
        return bytes(source)
    if kind == IMAGES:
        return encode_image(source)
    return encode_video(source, fps) if kind == VIDEOS else encode_audio(source, sample_rate)


def _suffix_of_data(kind: str, key: str, data: bytes) -> str:
    found = sniff(data[:HEAD_BYTES])
    if found is None or kind not in found.kinds:
        what = "unknown bytes" if found is None else f"a {found.suffix} file"
        raise _refuse(key, f"{what} cannot be a point of kind {kind!r}")
    return found.suffix


def _suffix_of_file(kind: str, key: str, path: Path) -> str:
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except (OSError, ValueError) as error:
        raise _refuse(key, f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from error
    suffix = path.suffix.lower()
    if sniff(head) is None and (mimetypes.guess_type(f"a{suffix}")[0] or "").startswith(f"{_TOP_TYPES[kind]}/"):
        return suffix  # a format that we do not know, under a name that says its kind
    return _suffix_of_data(kind, key, head)


def _refuse(key: str, message: str) -> InvalidValueError:
    return InvalidValueError(f"stat {key!r}", [FieldError(("source",), message)])
