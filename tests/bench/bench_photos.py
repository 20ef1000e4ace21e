"""Cleaning a photo measured: ours against plain Pillow, which opens, shrinks and saves it.

    python -m tests.bench.bench_photos --sizes 12,48

Sizes are millions of pixels. Plain Pillow gives one JPEG of the same length and quality: not
upright, no thumbnail, colours as they come, and whatever the file said carried nowhere. Both in a
process of their own; memory in MB above what the file takes.
"""

from __future__ import annotations

import math
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from submissions.photos.sanitise import LONG_SIDE_PX, QUALITY, clean_picture
from tests.bench.measure import measured, sizes_from
from tests.bench.tables import print_columns

_BLOCK_PX = 16


def run(sizes: list[int]) -> list[dict[str, Any]]:
    """Measure each size, in millions of pixels; times in seconds."""
    return [_measure(size) for size in sizes]


def _measure(megapixels: int) -> dict[str, Any]:
    data = _photo(megapixels)
    ours = measured(lambda content: len(clean_picture(content).jpeg), data, repeat=3)
    plain = measured(_by_pillow, data, repeat=3)
    return {
        "megapixels": megapixels,
        "file_mb": len(data) / 1e6,
        "clean_picture_s": ours["seconds"],
        "clean_picture_mb": ours["extra_mb"],
        "pillow_s": plain["seconds"],
        "pillow_mb": plain["extra_mb"],
        "times_pillow": ours["seconds"] / plain["seconds"],
    }


def _photo(megapixels: int) -> bytes:
    """Return a 4:3 JPEG with as much detail as a photo has, and a camera's orientation."""
    height = round(math.sqrt(megapixels * 1e6 * 3 / 4))
    width = round(height * 4 / 3)
    blocks = (height // _BLOCK_PX + 1, width // _BLOCK_PX + 1, 3)
    spots = np.random.default_rng(1).integers(0, 255, blocks, dtype=np.uint8)
    image = Image.fromarray(spots).resize((width, height), Image.Resampling.BICUBIC)
    exif = Image.Exif()
    exif[0x0112] = 6
    file = BytesIO()
    image.save(file, "JPEG", quality=90, exif=exif)
    return file.getvalue()


def _by_pillow(data: bytes) -> int:
    with Image.open(BytesIO(data)) as image:
        scale = LONG_SIDE_PX / max(image.size)
        size = round(image.width * scale), round(image.height * scale)
        small = image.resize(size)
    file = BytesIO()
    small.save(file, "JPEG", quality=QUALITY)
    return len(file.getvalue())


def main() -> None:
    """Print the measurements."""
    sizes = sizes_from(__doc__, "12,48")
    print(f"photos: made {LONG_SIDE_PX} px long, JPEG of quality {QUALITY}", flush=True)
    print_columns(run(sizes))


if __name__ == "__main__":
    main()
