"""Pictures of results, as PNG bytes: samples with their classes, a confusion matrix, an annotated answer."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Pixels = NDArray[np.uint8]

_CELL, _CAPTION, _MARGIN = 72, 18, 6
_RIGHT, _WRONG, _INK, _PAPER, _BAR = "#1a7f37", "#cf222e", "#1f2328", "#ffffff", "#4263eb"
_COLUMNS: Final = 4
_BAR_WIDTH, _BAR_HEIGHT = 160, 20
_DARK: Final = 0.5


def draw_samples(pixels: Pixels, predicted: Sequence[str], true: Sequence[str]) -> bytes:
    """Draw samples in a grid, each above what the model takes it for and what it is.

    Args:
        pixels: uint8 array of shape (count, side, side).
        predicted: What the model takes them for.
        true: What they are.
    """
    rows = -(-len(pixels) // _COLUMNS)
    width, height = _CELL + 2 * _MARGIN + 30, _CELL + _CAPTION + _MARGIN
    page, draw = _page(_COLUMNS * width + _MARGIN, rows * height + _MARGIN)
    for place, (picture, guess, label) in enumerate(zip(pixels, predicted, true, strict=True)):
        left, top = (place % _COLUMNS) * width + _MARGIN, (place // _COLUMNS) * height + _MARGIN
        page.paste(_enlarged(picture, _CELL), (left, top))
        words = guess if guess == label else f"{guess}, not {label}"
        draw.text((left, top + _CELL + 2), words, fill=_RIGHT if guess == label else _WRONG, font=_font(11))
    return _png(page)


def draw_confusion(counts: NDArray[np.int64], classes: Sequence[str]) -> bytes:
    """Draw a confusion matrix.

    Args:
        counts: int64 array of shape (classes, classes): how many of a true class (row) were taken for which (column).
        classes: Their names.
    """
    side, name_width = 40, 10 + max(int(_font(11).getlength(name)) for name in classes)
    page, draw = _page(name_width + side * len(classes) + _MARGIN, side * len(classes) + 2 * _CAPTION + _MARGIN)
    draw.text((_MARGIN, 2), "rows: true, columns: predicted", fill=_INK, font=_font(11))
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    for row, name in enumerate(classes):
        top = 2 * _CAPTION + row * side
        draw.text((_MARGIN, top + side // 3), name, fill=_INK, font=_font(11))
        column_left = name_width + row * side
        draw.text((column_left + 2, _CAPTION), name[: side // 7], fill=_INK, font=_font(11))
        for column, share in enumerate(shares[row]):
            left = name_width + column * side
            shade = int(255 * (1 - share))
            draw.rectangle((left, top, left + side - 2, top + side - 2), fill=(shade, shade, 255))
            ink = _PAPER if share > _DARK else _INK
            draw.text((left + 4, top + side // 3), str(counts[row, column]), fill=ink, font=_font(11))
    return _png(page)


def draw_answer(picture: Pixels, classes: Sequence[str], probabilities: Sequence[float]) -> bytes:
    """Draw a picture beside bars of how likely it is of each class.

    Args:
        picture: uint8 array of shape (side, side).
        classes: Names of the classes.
        probabilities: One each, 0 to 1.
    """
    height = _BAR_HEIGHT * len(classes)
    name_width = 10 + max(int(_font(12).getlength(name)) for name in classes)
    page, draw = _page(height + name_width + _BAR_WIDTH + 50 + 3 * _MARGIN, height + 2 * _MARGIN)
    page.paste(_enlarged(picture, height), (_MARGIN, _MARGIN))
    best = max(range(len(classes)), key=lambda place: probabilities[place])
    left = height + 2 * _MARGIN
    for place, (name, share) in enumerate(zip(classes, probabilities, strict=True)):
        top = _MARGIN + place * _BAR_HEIGHT
        color = _RIGHT if place == best else _BAR
        draw.text((left, top + 2), name, fill=color if place == best else _INK, font=_font(12))
        bar = left + name_width
        draw.rectangle((bar, top + 3, bar + 1 + share * _BAR_WIDTH, top + _BAR_HEIGHT - 3), fill=color)
        draw.text((bar + 6 + share * _BAR_WIDTH, top + 2), f"{share:.0%}", fill=_INK, font=_font(12))
    return _png(page)


def _page(width: int, height: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    page = Image.new("RGB", (width, height), _PAPER)
    return page, ImageDraw.Draw(page)


def _enlarged(picture: Pixels, side: int) -> Image.Image:
    return Image.fromarray(picture).resize((side, side), Image.Resampling.NEAREST)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _png(page: Image.Image) -> bytes:
    out = io.BytesIO()
    page.save(out, "PNG")
    return out.getvalue()
