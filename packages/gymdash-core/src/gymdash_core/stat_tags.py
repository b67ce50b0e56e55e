"""Names of the built-in stat kinds, under the names that the original GymDash gave them ("tags")."""

from __future__ import annotations

from typing import Final

SCALARS: Final = "scalars"
IMAGES: Final = "images"
VIDEOS: Final = "videos"
AUDIO: Final = "audio"
TEXT: Final = "text"
HISTOGRAMS: Final = "histograms"

TB_SCALARS: Final = SCALARS
TB_IMAGES: Final = IMAGES
TB_AUDIO: Final = AUDIO
TB_TEXT: Final = TEXT
TB_HISTOGRAMS: Final = HISTOGRAMS
