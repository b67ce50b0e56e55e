"""Arrays as media files: pictures as PNG, videos as animated WebP (both by Pillow), sound as WAV (standard library).

Everything here returns bytes and touches no file.
"""

from __future__ import annotations

import io
import math
import wave
from typing import TYPE_CHECKING, Any

from gymdash_core.errors import FieldError, InvalidValueError, StatError
from gymdash_core.stats.arrays import flat, numpy_of, plain_array, shape_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

_MODES = {1: "L", 3: "RGB", 4: "RGBA"}
_PICTURE_DIMENSIONS = 2
_CHANNEL_DIMENSIONS = 3
_VIDEO_DIMENSIONS = 4
_BRIGHTEST = 255
# Interpolation overshoots 1 a little; a float picture beyond this was meant as 0 to 255 and would be all white.
_FLOAT_LIMIT = 2.0
_LOUDEST = 32767
_MAX_SOUND_CHANNELS = 8


def encode_image(value: Any) -> bytes:
    """Return a picture as PNG.

    Args:
        value: Array of shape (height, width), (height, width, 1), (height, width, 3) RGB or (height, width, 4) RGBA;
            integers from 0 to 255, or floats from 0 to 1, which are clipped.

    Raises:
        InvalidValueError: The array is no picture.
        StatError: Pillow is not installed.
    """
    array = plain_array(value)
    shape = _shape(array, "image", "(height, width[, 1, 3 or 4])")
    if len(shape) == _PICTURE_DIMENSIONS:
        shape = (*shape, 1)
    if len(shape) != _CHANNEL_DIMENSIONS or shape[2] not in _MODES or not math.prod(shape):
        remedy = " (channels come last: permute(1, 2, 0))" if shape[:1] in {(1,), (3,), (4,)} else ""
        raise _refuse("image", f"shape (height, width[, 1, 3 or 4]) is expected, not {shape}{remedy}")
    picture = _picture(_pixels(array, "image", shape), shape)
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def encode_video(value: Any, fps: float = 30.0) -> bytes:
    """Return a video as animated WebP.

    Args:
        value: Array of shape (frames, height, width, 3) RGB, or with 1 or 4 channels; values as in `encode_image`.
        fps: Frames per second.

    Raises:
        InvalidValueError: The array is no video.
        StatError: Pillow is not installed.
    """
    array = plain_array(value)
    shape = _shape(array, "video", "(frames, height, width, 3)")
    if len(shape) != _VIDEO_DIMENSIONS or shape[3] not in _MODES or not math.prod(shape):
        raise _refuse("video", f"shape (frames, height, width, 3) is expected, not {shape}")
    data, size = _pixels(array, "video", shape), math.prod(shape[1:])
    first, *rest = (_picture(data[start : start + size], shape[1:]) for start in range(0, len(data), size))
    file = io.BytesIO()
    # minimize_size and lossless are left off: they take seconds a video.
    first.save(file, "WEBP", save_all=True, append_images=rest, duration=max(1, round(1000 / fps)), loop=0, quality=80)
    return file.getvalue()


def encode_audio(value: Any, sample_rate: int = 44100) -> bytes:
    """Return sound as 16-bit WAV.

    Args:
        value: Array of shape (samples,) or (samples, channels), up to 8 channels; floats from -1 to 1, which are
            clipped. Integers are taken as 16-bit samples.
        sample_rate: Samples per second.

    Raises:
        InvalidValueError: The array is no sound.
    """
    array = plain_array(value)
    shape = _shape(array, "audio", "(samples[, channels])")
    channels = shape[1] if len(shape) == 2 else 1  # noqa: PLR2004 - (samples, channels)
    if len(shape) not in {1, 2} or not 1 <= channels <= _MAX_SOUND_CHANNELS or not math.prod(shape):
        raise _refuse("audio", f"shape (samples[, up to {_MAX_SOUND_CHANNELS} channels]) is expected, not {shape}")
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(2)
        sound.setframerate(sample_rate)
        sound.writeframes(_samples(array, shape))
    return file.getvalue()


def _shape(array: Any, what: str, wanted: str) -> tuple[int, ...]:
    try:
        return shape_of(array)
    except TypeError as error:
        raise _refuse(what, f"a path, bytes or an array of shape {wanted} is expected, not {error}") from error


def _picture(data: bytes, shape: tuple[int, ...]) -> Any:
    try:
        from PIL import Image  # noqa: PLC0415 - an optional dependency
    except ImportError as error:
        remedy = "Run `pip install gymdash-core[media]`, or log a file or encoded bytes."
        raise StatError("arrays need Pillow to become pictures and videos", remedy) from error
    return Image.frombytes(_MODES[shape[2]], (shape[1], shape[0]), data)


def _pixels(array: Any, what: str, shape: tuple[int, ...]) -> bytes:
    """Return the pixels of an array, one byte each, in row-major order."""
    numpy = numpy_of(array)
    if numpy is not None:
        return _numpy_pixels(numpy, array, what)
    if isinstance(array, memoryview) and array.format == "B":
        return array.tobytes()
    return bytes(_values(array, what, shape, _float_pixel, _int_pixel))


def _numpy_pixels(numpy: ModuleType, array: Any, what: str) -> bytes:
    if array.dtype == numpy.uint8:
        pixels = array
    elif array.dtype == numpy.bool_:
        pixels = array.astype(numpy.uint8) * _BRIGHTEST
    elif array.dtype.kind in "iu":
        if array.min() < 0 or array.max() > _BRIGHTEST:
            raise _refuse(what, "integers from 0 to 255 are expected")
        pixels = array.astype(numpy.uint8)
    elif array.dtype.kind == "f":
        floats = numpy.nan_to_num(array.astype(numpy.float64), nan=0.0)
        if floats.max() > _FLOAT_LIMIT:
            raise _refuse(what, "floats from 0 to 1 are expected; convert 0 to 255 with .astype('uint8')")
        pixels = numpy.rint(numpy.clip(floats, 0.0, 1.0) * _BRIGHTEST).astype(numpy.uint8)
    else:
        raise _refuse(what, f"an array of {array.dtype} has no pixels")
    return bytes(pixels.tobytes())


def _float_pixel(value: float) -> int:
    if value > _FLOAT_LIMIT:
        raise ValueError("floats from 0 to 1 are expected; convert 0 to 255 to integers")
    return 0 if math.isnan(value) else round(min(max(value, 0.0), 1.0) * _BRIGHTEST)


def _int_pixel(value: int) -> int:
    if isinstance(value, bool):
        return value * _BRIGHTEST
    if not 0 <= value <= _BRIGHTEST:
        raise ValueError("integers from 0 to 255 are expected")
    return value


def _samples(array: Any, shape: tuple[int, ...]) -> bytes:
    """Return 16-bit little-endian samples in row-major order."""
    numpy = numpy_of(array)
    if numpy is not None and array.dtype.kind == "f":
        floats = numpy.clip(numpy.nan_to_num(array.astype(numpy.float64), nan=0.0), -1.0, 1.0)
        return bytes(numpy.rint(floats * _LOUDEST).astype("<i2").tobytes())
    samples = _values(array, "audio", shape, _float_sample, _int_sample)
    return b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples)


def _float_sample(value: float) -> int:
    return 0 if math.isnan(value) else round(min(max(value, -1.0), 1.0) * _LOUDEST)


def _int_sample(value: int) -> int:
    if not -_LOUDEST - 1 <= value <= _LOUDEST:
        raise ValueError("16-bit integers are expected")
    return value


def _values(
    array: Any,
    what: str,
    shape: tuple[int, ...],
    of_float: Callable[[float], int],
    of_int: Callable[[int], int],
) -> list[int]:
    try:
        values = [of_float(value) if isinstance(value, float) else of_int(value) for value in flat(array)]
    except (TypeError, ValueError, OverflowError) as error:
        raise _refuse(what, str(error)) from error
    if len(values) != math.prod(shape):
        raise _refuse(what, f"rows of one length are expected: {len(values)} values are no {shape}")
    return values


def _refuse(what: str, message: str) -> InvalidValueError:
    return InvalidValueError(what, [FieldError(("source",), message)])
