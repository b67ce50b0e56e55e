"""What the classifier can be asked, and what it answers: one picture in, probabilities and a picture out."""

from __future__ import annotations

import base64
import binascii
import io
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import BaseModel, Field, model_validator

from gymdash_torch.example.drawing import Pixels

#: Largest picture that is decoded, in pixels: a small file can hold a huge one.
_MOST_PIXELS: Final = 4_000_000
_WHITE: Final = 255
_DATA_URL: Final = "base64,"


class ImageQuery(BaseModel):
    """A picture to classify: exactly one of the three ways to give it.

    Attributes:
        image: An encoded picture (PNG, JPEG, ...) of any size, as base64 or a data URL.
        values: Its pixels: a list of rows, or of side * side numbers; from 0 to 1, or where one is greater, to 255.
        media: A picture of this run, as a path in its folder.
        invert: Whether to turn dark into light first, since what was learned is light on dark; None finds out.
    """

    SIDE: ClassVar[int | None] = None

    # Pages offer a choice of files for a data URL.
    image: Annotated[str, Field(max_length=1 << 20, json_schema_extra={"format": "data-url"})] | None = Field(
        default=None, description="A picture of any size; as JSON, base64 or a data URL."
    )
    values: list[float | list[float]] | None = Field(
        default=None, description="Or its pixels: rows, or one long list, of numbers from 0 to 1 or 0 to 255."
    )
    media: str | None = Field(default=None, description="Or a picture of this run, by its path in the run's folder.")
    invert: bool | None = Field(
        default=None, description="Turn dark into light first, or not; by default its border decides."
    )

    @model_validator(mode="after")
    def _check(self) -> ImageQuery:
        given = [name for name in ("image", "values", "media") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of image, values and media, not {' and '.join(given) or 'none'}")
        if self.image is not None:
            decode(self.image)
        if self.values is not None and self.SIDE is not None:
            as_picture(self.values, self.SIDE)
        return self

    def pixels(self, side: int, folder: Path) -> Pixels:
        """Return the picture as a uint8 array of shape (side, side), light on dark.

        Args:
            side: Height and width that the model takes.
            folder: The run's folder, where `media` is.

        Raises:
            ValueError: It is no picture, has another shape, or is outside of the folder.
        """
        if self.values is not None:
            found = as_picture(self.values, side)
        else:
            picture = decode(self.image) if self.image is not None else _open_media(folder, self.media or "")
            found = np.asarray(picture.resize((side, side), Image.Resampling.BILINEAR))
        border = np.concatenate([found[0], found[-1], found[:, 0], found[:, -1]])
        is_inverted = border.mean() > _WHITE / 2 if self.invert is None else self.invert
        return _WHITE - found if is_inverted else found


class MnistQuery(ImageQuery):
    """A picture for a model of 28 by 28 pixels."""

    SIDE: ClassVar[int | None] = 28


class DigitsQuery(ImageQuery):
    """A picture for a model of 8 by 8 pixels."""

    SIDE: ClassVar[int | None] = 8


#: The query by the side of a data set's pictures: what has the wrong shape is refused before it is delivered.
QUERIES: Final[dict[int, type[ImageQuery]]] = {28: MnistQuery, 8: DigitsQuery}


class Classification(BaseModel):
    """What a picture was taken for.

    Attributes:
        label: The likeliest class.
        index: Its number.
        confidence: How likely it is, 0 to 1.
        probabilities: How likely each class is.
        picture: The picture as the model saw it, beside its probabilities: a PNG as a data URL.
        step: Steps that the model was trained.
    """

    label: str
    index: int
    confidence: float
    probabilities: dict[str, float]
    picture: str
    step: int


def data_url(png: bytes) -> str:
    """Return a PNG as a data URL."""
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def decode(text: str) -> Image.Image:
    """Return the picture in a base64 text, in shades of grey.

    Raises:
        ValueError: It is no base64, no picture, or too large.
    """
    _, marker, rest = text.partition(_DATA_URL)
    try:
        data = base64.b64decode(rest if marker else text, validate=True)
    except binascii.Error as error:
        raise ValueError(f"image is no base64: {error}") from error
    return _open(io.BytesIO(data), "image")


def _open_media(folder: Path, name: str) -> Image.Image:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        raise ValueError(f"media: the run has no file {name!r}")
    return _open(path, f"media {name!r}")


def _open(source: Any, what: str) -> Image.Image:
    try:
        with Image.open(source) as picture:
            width, height = picture.size
            if width * height <= _MOST_PIXELS:
                flat = picture if "A" not in picture.getbands() else _on_white(picture)
                return flat.convert("L")
    except Exception as error:  # decoders raise what they like
        raise ValueError(f"{what} is no picture that can be decoded") from error
    raise ValueError(f"{what} has {width} x {height} pixels; at most {_MOST_PIXELS} are decoded")


def _on_white(picture: Image.Image) -> Image.Image:
    ground = Image.new("RGBA", picture.size, (_WHITE, _WHITE, _WHITE, _WHITE))
    return Image.alpha_composite(ground, picture.convert("RGBA"))


def as_picture(values: list[float | list[float]], side: int) -> Pixels:
    """Return numbers as a uint8 picture.

    Raises:
        ValueError: They have another shape, or are out of range.
    """
    try:
        numbers: NDArray[np.float64] = np.asarray(values, dtype=np.float64)
    except ValueError as error:
        raise ValueError(f"values: rows of different lengths; expected {side} x {side}") from error
    if numbers.shape not in {(side * side,), (side, side)}:
        raise ValueError(f"values have the shape {numbers.shape}; expected ({side}, {side}) or ({side * side},)")
    if not np.isfinite(numbers).all() or numbers.min() < 0 or numbers.max() > _WHITE:
        raise ValueError("values must be numbers from 0 to 1, or from 0 to 255")
    scale = 1 if numbers.max() > 1 else _WHITE
    return (numbers.reshape(side, side) * scale).round().astype(np.uint8)
