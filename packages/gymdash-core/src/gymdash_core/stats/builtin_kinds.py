"""The built-in kinds of stats; core's own plugin registers them like anybody's."""

from __future__ import annotations

from typing import Final

from gymdash_core import stat_tags
from gymdash_core.stats.histogram import HistogramPoint
from gymdash_core.stats.kinds import StatKind

SCALARS: Final = StatKind(stat_tags.SCALARS, "Scalars")
IMAGES: Final = StatKind(
    stat_tags.IMAGES,
    "Images",
    media_types=("image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/svg+xml"),
)
VIDEOS: Final = StatKind(
    stat_tags.VIDEOS,
    "Videos",
    media_types=(
        "video/mp4",
        "video/webm",
        "video/ogg",
        "video/quicktime",
        "video/x-matroska",
        "video/x-msvideo",
        "image/gif",
        "image/webp",
    ),
)
AUDIO: Final = StatKind(
    stat_tags.AUDIO,
    "Audio",
    media_types=("audio/wav", "audio/mpeg", "audio/ogg", "audio/flac", "audio/mp4", "audio/webm"),
)
TEXT: Final = StatKind(stat_tags.TEXT, "Text")
HISTOGRAMS: Final = StatKind(stat_tags.HISTOGRAMS, "Histograms", point_model=HistogramPoint)

BUILTIN_KINDS: Final[tuple[StatKind, ...]] = (SCALARS, IMAGES, VIDEOS, AUDIO, TEXT, HISTOGRAMS)
