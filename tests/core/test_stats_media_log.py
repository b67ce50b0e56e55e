"""Rules of `gymdash_core.stats.media_log` and `encode`: what is logged becomes a whole file and a point."""

from __future__ import annotations

import array
import io
import math
import subprocess
import sys
import threading
import wave

import pytest
from PIL import Image

from gymdash_core.errors import InvalidValueError, StatWriteError
from gymdash_core.project import RunFolder
from gymdash_core.stats.encode import encode_audio, encode_image, encode_video
from gymdash_core.stats.media_index import MediaIndexStreamer
from gymdash_core.stats.media_log import MediaLog


@pytest.fixture
def run(tmp_path):
    return RunFolder(tmp_path / "run")


def pixels(*shape):
    return memoryview(bytes(index % 256 for index in range(math.prod(shape)))).cast("B", shape=shape)


def points(run, key, kind=None):
    return MediaIndexStreamer(run).stat(key, kind).get_values()


def picture(data):
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


PNG = encode_image([[0, 255], [255, 0]])


def test_file_is_copied_and_indexed_when_write_returns(run, tmp_path):
    source = tmp_path / "Plot.PNG"
    source.write_bytes(PNG)
    log = MediaLog(run, 2)
    entry = log.write("images", "eval/plot", str(source), 7)
    source.unlink()
    (point,) = points(run, "eval/plot")
    assert (point.step, point.attempt, point.path) == (7, 2, "media/eval%2Fplot/7.png")
    assert (run.path / entry.path).read_bytes() == PNG
    assert entry.size == len(PNG)


def test_one_step_may_have_several_files(run):
    log = MediaLog(run)
    for _ in range(3):
        log.write("images", "plot", PNG, 7)
    MediaLog(run, 2).write("images", "plot", PNG, 7)
    assert [p.path for p in points(run, "plot")] == [f"media/plot/7{n}.png" for n in ("", "-2", "-3", "-4")]
    assert not list(run.media.rglob(".*"))


@pytest.mark.parametrize(
    ("kind", "data", "suffix"),
    [
        ("images", b"\xff\xd8\xff\xe0", ".jpg"),
        ("images", b"GIF89a", ".gif"),
        ("videos", b"GIF89a", ".gif"),
        ("images", b"RIFF\0\0\0\0WEBPVP8 ", ".webp"),
        ("videos", b"RIFF\0\0\0\0AVI LIST", ".avi"),
        ("audio", b"RIFF\0\0\0\0WAVEfmt ", ".wav"),
        ("videos", b"\0\0\0\x18ftypisom", ".mp4"),
        ("videos", b"\0\0\0\x18ftypqt  ", ".mov"),
        ("audio", b"\0\0\0\x18ftypM4A ", ".m4a"),
        ("videos", b"\x1aE\xdf\xa3\x01\0\0\0\x42\x82\x84webm", ".webm"),
        ("videos", b"\x1aE\xdf\xa3\x01\0\0\0\x42\x82\x88matroska", ".mkv"),
        ("audio", b"OggS\0", ".ogg"),
        ("audio", b"fLaC\0", ".flac"),
        ("audio", b"ID3\x04", ".mp3"),
        ("audio", b"\xff\xfb\x90", ".mp3"),
        ("images", b"<svg xmlns='x'/>", ".svg"),
        ("images", b"<?xml version='1.0'?>\n<svg/>", ".svg"),
        ("images", b"BM\0\0", ".bmp"),
    ],
)
def test_format_of_bytes_is_known_by_its_magic_number(run, kind, data, suffix):
    assert MediaLog(run).write(kind, "m", data, 0).path == f"media/m/0{suffix}"


@pytest.mark.parametrize(("kind", "source"), [("videos", PNG), ("audio", PNG), ("images", b"text"), ("images", b"")])
def test_bytes_of_another_kind_are_refused_and_nothing_is_left(run, kind, source):
    with pytest.raises(InvalidValueError, match=kind):
        MediaLog(run).write(kind, "m", source, 0)
    assert not run.media.exists()


def test_file_of_an_unknown_format_counts_by_its_name(run, tmp_path):
    (tmp_path / "a.aiff").write_bytes(b"FORM....AIFF")
    (tmp_path / "a.txt").write_bytes(b"text")
    assert MediaLog(run).write("audio", "m", tmp_path / "a.aiff", 0).path.endswith(".aiff")
    with pytest.raises(InvalidValueError, match="audio"):
        MediaLog(run).write("audio", "m", tmp_path / "a.txt", 0)


@pytest.mark.parametrize("name", ["missing.png", "", "a\0b"])
def test_file_that_cannot_be_read_is_refused(run, tmp_path, name):
    with pytest.raises(InvalidValueError, match="cannot read"):
        MediaLog(run).write("images", "m", tmp_path / name, 0)


def test_kind_without_media_is_refused(run):
    with pytest.raises(InvalidValueError, match="scalars"):
        MediaLog(run).write("scalars", "m", PNG, 0)


def test_disk_that_refuses_is_a_write_error_and_leaves_nothing(run):
    run.path.mkdir()
    run.media.write_text("in the way")
    with pytest.raises(StatWriteError):
        MediaLog(run).write("images", "m", PNG, 0)
    run.media.unlink()
    log = MediaLog(run)
    run.media_index.mkdir()
    with pytest.raises(StatWriteError):
        log.write("images", "m", PNG, 0)
    assert [path for path in run.media.rglob("*") if path.is_file()] == []


def test_threads_never_overwrite_each_other(run):
    log = MediaLog(run)
    barrier = threading.Barrier(4)

    def work():
        barrier.wait()
        for step in range(5):
            log.write("images", "plot", PNG, step)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({p.path for p in points(run, "plot")}) == 20


# --- arrays ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "mode"), [((4, 6), "L"), ((4, 6, 1), "L"), ((4, 6, 3), "RGB"), ((4, 6, 4), "RGBA"), ((1, 1), "L")]
)
def test_uint8_array_becomes_a_png_with_its_pixels(shape, mode):
    image = picture(encode_image(pixels(*shape)))
    assert (image.format, image.mode, image.size) == ("PNG", mode, (shape[1], shape[0]))
    assert image.tobytes() == pixels(*shape).tobytes()


def test_float_array_is_from_0_to_1_and_clipped():
    values = array.array("d", [0.0, 0.5, 1.0, -0.2, 1.1, math.nan])
    image = picture(encode_image(memoryview(values).cast("B").cast("d", shape=[2, 3])))
    assert list(image.tobytes()) == [0, 128, 255, 0, 255, 0]


def test_nested_lists_and_booleans_are_pictures():
    assert list(picture(encode_image([[[1, 2, 3]], [[4, 5, 6]]])).tobytes()) == [1, 2, 3, 4, 5, 6]
    assert list(picture(encode_image([[True, False]])).tobytes()) == [255, 0]


class Tensor:
    """What matters of a tensor on a device, without numpy."""

    def __init__(self, values):
        self.values, self.shape, self.where = values, (len(values), len(values[0])), "cuda"

    def detach(self):
        return self

    def cpu(self):
        self.where = "cpu"
        return self

    def numpy(self):
        raise RuntimeError("Numpy is not available")

    def float(self):
        return self

    def tolist(self):
        assert self.where == "cpu"
        return self.values


def test_tensor_is_brought_to_main_memory():
    assert list(picture(encode_image(Tensor([[0.0, 1.0]]))).tobytes()) == [0, 255]


@pytest.mark.parametrize(
    ("value", "match"),
    [
        (pixels(3, 4, 6), "permute"),
        (pixels(2, 2, 2, 2), "shape"),
        ([], "shape"),
        ([1.0], "shape"),
        ([[255.0]], "0 to 1"),
        ([[256]], "0 to 255"),
        ([[-1]], "0 to 255"),
        ([["a"]], "image"),
        (5, "int is no array"),
        (object(), "object is no array"),
        ([[1, 2], [3]], "one length"),
    ],
)
def test_array_that_is_no_picture_is_explained(value, match):
    with pytest.raises(InvalidValueError, match=match):
        encode_image(value)


def test_video_array_becomes_an_animated_webp():
    data = encode_video(pixels(5, 8, 6, 3), fps=10)
    with Image.open(io.BytesIO(data)) as image:
        assert (image.format, image.n_frames, image.size) == ("WEBP", 5, (6, 8))
        image.seek(1)
        image.load()
        assert image.info["duration"] == 100


@pytest.mark.parametrize("shape", [(2, 4, 6), (2, 4, 6, 2), (0, 4, 6, 3)])
def test_array_that_is_no_video_is_explained(shape):
    value = [] if 0 in shape else pixels(*shape)
    with pytest.raises(InvalidValueError, match="shape"):
        encode_video(value)


def test_audio_array_becomes_a_wav_and_is_clipped():
    with wave.open(io.BytesIO(encode_audio([0.0, 1.0, -1.0, 3.0, math.nan], 8000))) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, 8000)
        samples = array.array("h", sound.readframes(9))
    assert samples.tolist() == [0, 32767, -32767, 32767, 0]


def test_audio_array_may_have_channels():
    with wave.open(io.BytesIO(encode_audio([[0, 1], [2, 3], [4, 5]]))) as sound:
        assert (sound.getnchannels(), sound.getnframes(), sound.getframerate()) == (2, 3, 44100)


@pytest.mark.parametrize("value", [[], [[[0.0]]], [[0.0] * 9], [40000], ["a"], 0.5])
def test_array_that_is_no_sound_is_explained(value):
    with pytest.raises(InvalidValueError, match="audio"):
        encode_audio(value)


def test_arrays_without_pillow_name_the_extra_and_sound_needs_none():
    script = """
import sys
sys.modules["PIL"] = None
from gymdash_core.errors import StatError
from gymdash_core.stats.encode import encode_audio, encode_image, encode_video
encode_audio([0.0])
for encode, value in ((encode_image, [[0]]), (encode_video, [[[[0, 0, 0]]]])):
    try:
        encode(value)
    except StatError as error:
        assert "pip install gymdash-core[media]" in str(error), error
    else:
        raise SystemExit("no error")
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_logging_media_imports_neither_pillow_nor_numpy():
    script = """
import sys
import gymdash_core.stats.media_log, gymdash_core.stats.histogram, gymdash_core.stats.reader
gymdash_core.stats.histogram.histogram([1.0, 2.0])
assert not {"PIL", "numpy"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
