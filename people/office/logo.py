"""The logo: a PNG or JPEG read with care and made anew, so that only its pixels are kept.

No SVG: it is a document that runs scripts and asks for other files. Its size is asked of the header
before anything is decoded.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO

from PIL import Image

from core.errors import BadPhotoError, PhotoProblem

FORMATS = ("PNG", "JPEG")
MEDIA_TYPES = "image/png,image/jpeg"
MOST_BYTES = 2 * 1024 * 1024
MOST_PIXELS = 16_000_000
LONG_SIDE_PX = 512


@dataclass(frozen=True)
class Logo:
    """A logo that was made anew: a PNG, and its hex SHA-256."""

    png: bytes

    @property
    def digest(self) -> str:
        """What names it in addresses."""
        return sha256(self.png).hexdigest()


def clean_logo(data: bytes) -> Logo:
    """Return a logo as PNG, at most 512 px long, transparent places kept; nothing but pixels.

    Raises ``BadPhotoError``: ``too_big`` above 2 MB, ``too_many_pixels`` above 16 million,
    ``unreadable`` for what is no whole PNG or JPEG.
    """
    if len(data) > MOST_BYTES:
        raise BadPhotoError(problem=PhotoProblem.TOO_BIG)
    try:
        return Logo(_png(data))
    except BadPhotoError:
        raise
    except Image.DecompressionBombError as error:
        raise BadPhotoError(problem=PhotoProblem.TOO_MANY_PIXELS) from error
    except Exception as error:  # decoders raise all sorts of things at what they are fed
        raise BadPhotoError(problem=PhotoProblem.UNREADABLE) from error


def _png(data: bytes) -> bytes:
    with Image.open(BytesIO(data), formats=FORMATS) as image:
        if image.width * image.height > MOST_PIXELS:
            raise BadPhotoError(problem=PhotoProblem.TOO_MANY_PIXELS)
        image.load()
        picture = image.convert("RGBA")
    picture.thumbnail((LONG_SIDE_PX, LONG_SIDE_PX), Image.Resampling.LANCZOS)
    bare = Image.new("RGBA", picture.size)
    bare.paste(picture)
    file = BytesIO()
    bare.save(file, "PNG", optimize=True)
    return file.getvalue()
