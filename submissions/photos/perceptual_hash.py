"""How alike two pictures look: a 64-bit perceptual hash, after the usual ``pHash``.

The picture in grey, 32 by 32; of its discrete cosine transform (DCT-II) the 8 by 8 lowest
frequencies; each bit says whether one of them is above their median. The first, the mean
brightness, is left out of the median. Sent again in another size, format or quality, or made a
little lighter, a picture keeps all but a few bits; two unlike ones differ in about 32.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

BITS = 64
_SIDE, _LOW = 32, 8
_STEPS = np.arange(_SIDE)
_COSINES = np.cos(np.pi * np.outer(np.arange(_LOW), 2 * _STEPS + 1) / (2 * _SIDE))


def photo_hash(image: Image.Image) -> str:
    """Return the hash of a picture, 16 hexadecimal digits."""
    small = image.convert("L").resize((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    waves = (_COSINES @ np.asarray(small, np.float64) @ _COSINES.T).ravel()
    # Rounded, so that one grey, where all waves but the first are 0, is the same on all machines.
    bits = np.round(waves, 6) > np.median(np.round(waves[1:], 6))
    return np.packbits(bits).tobytes().hex()


def bits_apart(one: str, other: str) -> int:
    """Return in how many of the 64 bits two hashes differ."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def says_something(value: str) -> bool:
    """Tell whether a picture has a pattern: one grey has none, and is like every other."""
    return 4 <= int(value, 16).bit_count() <= BITS - 4
