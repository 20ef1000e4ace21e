"""Pictures from strangers: read with care, turned upright, made small, stripped to their pixels.

Pure: bytes in, bytes out. What a picture is, its content says, not its name. Only the decoders of
``FORMATS`` are ever asked, and none before the header has told how many pixels there will be.

HEIC is read where the package pillow_heif is installed (``requirements-heic.txt``), which LuJian
does without: its wheel carries libx265 (GPL-2.0-or-later). Phones send JPEG where only that is
asked for.
"""

from __future__ import annotations

import math
import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from typing import Any

from PIL import ExifTags, Image, ImageCms, ImageOps

from core.errors import BadPhotoError, PhotoProblem
from submissions.photos.perceptual_hash import photo_hash

try:
    import pillow_heif
except ImportError:
    pillow_heif = None  # type: ignore[assignment]

MOST_BYTES = 15 * 1024 * 1024
MOST_PIXELS = 64_000_000
LONG_SIDE_PX = 2048
THUMBNAIL_PX = 320
QUALITY = 82
#: A progressive JPEG has about ten scans; 15 MB of empty ones would take hours to decode.
MOST_SCANS = 100
_WHOLE = ("PNG", "WEBP", "HEIF")
FORMATS = ("JPEG", *(kind for kind in _WHOLE if kind != "HEIF" or pillow_heif))
#: What a browser is asked for; an iPhone turns its HEIC photos into JPEG unless HEIC is named here.
MEDIA_TYPES = ",".join(
    ["image/jpeg", "image/png", "image/webp"]
    + (["image/heic", "image/heif", "image/*"] if pillow_heif else [])
)

_START_OF_SCAN = b"\xff\xda"
_COLOUR_SPACE = {"L": "GRAY", "RGB": "RGB", "CMYK": "CMYK"}
_WGS84_NAMES = {"", "WGS84", "WGS1984"}
_ONE_AT_A_TIME = threading.Lock()
#: Only a plain JPEG is not held in full, at up to 16 bytes a pixel: two such never at once.
_LARGE_PIXELS = 16_000_000
_ONE_LARGE = threading.Lock()

_HEIC_BRAND = re.compile(rb"he(?:ic|ix|im|is|vc|vx|vm|vs)")
if pillow_heif:  # one thread a picture, and nothing decoded but the picture itself
    pillow_heif.register_heif_opener(
        decode_threads=1, thumbnails=False, depth_images=False, aux_images=False
    )


@dataclass(frozen=True)
class CleanPicture:
    """A picture to keep: JPEGs in sRGB without metadata; sizes in pixels.

    ``taken_at`` is where the camera says it was: longitude, latitude, WGS 84 degrees. It is in
    neither JPEG. ``digest`` is the hex SHA-256 of ``jpeg``, ``phash`` tells alike pictures
    (``submissions.photos.perceptual_hash``).
    """

    jpeg: bytes
    thumbnail: bytes
    width: int
    height: int
    digest: str
    taken_at: tuple[float, float] | None
    phash: str = ""


def clean_picture(data: bytes) -> CleanPicture:
    """Decode a JPEG, PNG or WebP (see above: HEIC) and make it anew, at most 2048 px long.

    Of an animation the first picture is taken; transparent places become white.

    Raises ``BadPhotoError``: ``too_big`` above 15 MB, ``too_many_pixels`` above 64 million,
    ``heic`` where that is not read, ``unreadable`` for anything else that no whole picture comes
    out of.
    """
    if len(data) > MOST_BYTES:
        raise BadPhotoError(problem=PhotoProblem.TOO_BIG)
    if data.startswith(b"\xff\xd8") and data.count(_START_OF_SCAN) > MOST_SCANS:
        raise BadPhotoError(problem=PhotoProblem.UNREADABLE)
    if "HEIF" not in FORMATS and is_heic(data):
        raise BadPhotoError(problem=PhotoProblem.HEIC)
    try:
        return _cleaned(data)
    except BadPhotoError:
        raise
    except Image.DecompressionBombError as error:
        raise BadPhotoError(problem=PhotoProblem.TOO_MANY_PIXELS) from error
    except Exception as error:  # decoders raise all sorts of things at what they are fed
        raise BadPhotoError(problem=PhotoProblem.UNREADABLE) from error


def is_heic(data: bytes) -> bool:
    """Tell whether a file says of itself that it is HEIC (ISO/IEC 23008-12: its ``ftyp`` box)."""
    return data[4:8] == b"ftyp" and bool(_HEIC_BRAND.search(data[8:48]))


def _cleaned(data: bytes) -> CleanPicture:
    image = _opened(data)
    orientation, taken_at = _said_by_camera(image)
    profile = image.info.get("icc_profile")
    with _ONE_LARGE if _is_large(image) else nullcontext():
        _decode(image)
        image = _small(image)
    picture = _upright(_in_srgb(_flat(image), profile), orientation)
    jpeg = _jpeg(picture)
    thumbnail = picture.copy()
    thumbnail.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX), Image.Resampling.LANCZOS)
    return CleanPicture(
        jpeg=jpeg,
        thumbnail=_jpeg(thumbnail),
        width=picture.width,
        height=picture.height,
        digest=sha256(jpeg).hexdigest(),
        taken_at=taken_at,
        phash=photo_hash(picture),
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Pillow from warning about what strangers send.

    The filters of warnings belong to the whole process, so one thread at a time: only around
    what is short.
    """
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _opened(data: bytes) -> Image.Image:
    """Read the header; nothing is decoded yet."""
    with _quiet():
        image = Image.open(BytesIO(data), formats=FORMATS)
    _check_size(image)
    return image


def _check_size(image: Image.Image) -> None:
    if image.width * image.height > MOST_PIXELS:
        raise BadPhotoError(problem=PhotoProblem.TOO_MANY_PIXELS)
    if not (image.width and image.height):
        raise BadPhotoError(problem=PhotoProblem.UNREADABLE)


def _is_large(image: Image.Image) -> bool:
    whole = image.format in _WHOLE or "progressive" in image.info
    return whole and image.width * image.height > _LARGE_PIXELS


def _decode(image: Image.Image) -> None:
    """Bring the pixels into memory; a large JPEG is decoded at 1/2, 1/4 or 1/8 at once."""
    image.draft(None, _fitting(image.size))
    if image.format == "PNG":  # its chunks after the pixels may be warned about
        with _quiet():
            image.load()
    else:
        image.load()
    _check_size(image)  # a HEIC may turn out another size than its header said


def _fitting(size: tuple[int, int]) -> tuple[int, int]:
    scale = min(1.0, LONG_SIDE_PX / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _small(image: Image.Image) -> Image.Image:
    """Return the picture in 8 bits (L, RGB, RGBA or CMYK), at most ``LONG_SIDE_PX`` long."""
    if image.mode.startswith("I"):  # 16 bits of grey
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    elif image.has_transparency_data:
        image = image.convert("RGBA")
    elif image.mode not in _COLOUR_SPACE:
        image = image.convert("RGB")
    target = _fitting(image.size)
    if image.size == target:
        return image
    return image.resize(target, Image.Resampling.BICUBIC, reducing_gap=2.0)


def _flat(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    white = Image.new("RGBA", image.size, "white")
    white.alpha_composite(image)
    return white.convert("RGB")


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return the picture in sRGB; a colour profile that is none, or another mode's, is ignored."""
    if profile:
        try:
            own = ImageCms.ImageCmsProfile(BytesIO(profile))
            if own.profile.xcolor_space.strip() == _COLOUR_SPACE[image.mode]:
                srgb = ImageCms.createProfile("sRGB")
                found = ImageCms.profileToProfile(image, own, srgb, outputMode="RGB")
                return found or image.convert("RGB")
        except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
            pass
    return image.convert("RGB")


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    """Return the pixels alone, turned as the camera was held."""
    bare = Image.new("RGB", image.size)
    bare.paste(image)
    bare.getexif()[ExifTags.Base.Orientation] = orientation
    return ImageOps.exif_transpose(bare)


def _jpeg(image: Image.Image) -> bytes:
    file = BytesIO()
    image.save(file, "JPEG", quality=QUALITY, progressive=True)
    return file.getvalue()


def _said_by_camera(image: Image.Image) -> tuple[int, tuple[float, float] | None]:
    """Return the orientation (1 to 8) and the place in a picture's EXIF, as far as readable."""
    try:
        with _quiet():
            exif = image.getexif()
            orientation = exif.get(ExifTags.Base.Orientation, 1)
            place = _place(exif.get_ifd(ExifTags.IFD.GPSInfo))
    except Exception:  # broken metadata is no reason to refuse a picture
        return 1, None
    return (orientation if orientation in range(1, 9) else 1), place


def _place(gps: dict[int, Any]) -> tuple[float, float] | None:
    """Return longitude and latitude, unless they are missing, off the earth or of another datum."""
    datum = _text(gps.get(ExifTags.GPS.GPSMapDatum, ""))
    if datum.replace("-", "").replace(" ", "").upper() not in _WGS84_NAMES:
        return None
    longitude = _degrees(gps, ExifTags.GPS.GPSLongitude, {"E": 1, "W": -1}, most=180)
    latitude = _degrees(gps, ExifTags.GPS.GPSLatitude, {"N": 1, "S": -1}, most=90)
    if longitude is None or latitude is None or longitude == latitude == 0:  # 0, 0: no fix yet
        return None
    return longitude, latitude


def _degrees(gps: dict[int, Any], tag: int, signs: dict[str, int], *, most: int) -> float | None:
    """Return one coordinate; the tag before it says on which half of the earth."""
    sign = signs.get(_text(gps.get(tag - 1, "")).upper())
    parts = [float(part) for part in gps.get(tag, ())]
    if sign is None or len(parts) != 3:
        return None
    degrees = parts[0] + parts[1] / 60 + parts[2] / 3600
    if not all(math.isfinite(part) and part >= 0 for part in parts) or degrees > most:
        return None
    return round(sign * degrees, 7)


def _text(value: Any) -> str:
    text = value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)
    return text.strip("\0 ")
