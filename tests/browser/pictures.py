"""Makes the pictures of the documentation from those that the browser tests have written; `make pictures`."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "screenshots"
PICTURES = ROOT / "docs" / "how-to" / "dashboard" / "pictures"
NAMES = ("runs", "start", "control", "analyze", "run", "plugins", "settings", "agent")
WIDTH_PX = 1100
QUALITY = 82


def main() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        picture = Image.open(SCREENSHOTS / f"{name}-light.png").convert("RGB")
        height = round(picture.height * WIDTH_PX / picture.width)
        small = picture.resize((WIDTH_PX, height), Image.Resampling.LANCZOS)
        file = PICTURES / f"{name}.webp"
        small.save(file, "WEBP", quality=QUALITY, method=6)
        print(f"{file.relative_to(ROOT)}: {file.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
