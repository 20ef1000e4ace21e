"""Pictures: whatever comes in, what goes out is an upright sRGB JPEG without a word in it."""

from __future__ import annotations

import importlib.util
import struct
import sys
import threading
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from hashlib import sha256
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageCms

from core.errors import BadPhotoError
from submissions.photos import sanitise
from submissions.photos.sanitise import FORMATS, MOST_BYTES, CleanPicture, clean_picture
from tests.examples import examples

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
SECRET = b"geheim-4711"
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + SECRET + b"</x:xmpmeta>"
#: Of a JPEG, what decoding needs, and the JFIF header.
NEEDED = {0xD8, 0xE0, 0xDB, 0xC2, 0xC4, 0xDA, 0xD9}


def quarters(mode: str = "RGB", size: tuple[int, int] = (64, 32)) -> Image.Image:
    """A picture with a red, a green, a blue and a white quarter, clockwise from the upper left."""
    image = Image.new("RGB", size, WHITE)
    wide, high = size[0] // 2, size[1] // 2
    for colour, place in ((RED, (0, 0)), (GREEN, (wide, 0)), (BLUE, (wide, high))):
        image.paste(colour, (*place, place[0] + wide, place[1] + high))
    return image.convert(mode)


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = BytesIO()
    if kind == "HEIF":
        options = {"quality": -1, "chroma": 444, **options}
    elif kind in {"JPEG", "WEBP"}:
        options = {"quality": 95, **({"subsampling": 0} if kind == "JPEG" else {}), **options}
    image.save(file, kind, **options)
    return file.getvalue()


def camera(
    place: tuple[Any, str, Any, str] | None = ((40, 1, 48.36), "N", (116, 20, 30.84), "E"),
    orientation: int = 1,
    **gps: Any,
) -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Make] = SECRET.decode()
    if place is not None:
        latitude, north, longitude, east = place
        values = {1: north, 2: latitude, 3: east, 4: longitude}
        values |= {ExifTags.GPS[tag].value: value for tag, value in gps.items()}
        exif.get_ifd(ExifTags.IFD.GPSInfo).update(values)
    return exif


def decoded(jpeg: bytes) -> Image.Image:
    with Image.open(BytesIO(jpeg), formats=["JPEG"]) as image:
        image.load()
    return image


def corners(jpeg: bytes) -> list[str]:
    """Name the colours at the four corners, clockwise from the upper left."""
    image = decoded(jpeg)
    right, low = image.width - 3, image.height - 3
    names = {RED: "red", GREEN: "green", BLUE: "blue", WHITE: "white"}
    found = []
    for place in ((2, 2), (right, 2), (right, low), (2, low)):
        seen: Any = image.getpixel(place)
        colour = min(names, key=lambda c: sum(abs(a - b) for a, b in zip(c, seen, strict=True)))
        assert sum(abs(a - b) for a, b in zip(colour, seen, strict=True)) < 40
        found.append(names[colour])
    return found


def segments(jpeg: bytes) -> list[tuple[int, bytes]]:
    """Walk a JPEG's segments by hand; fails on anything before, between or after them."""
    assert jpeg[:2] == b"\xff\xd8"
    found, at = [(0xD8, b"")], 2
    while at < len(jpeg):
        assert jpeg[at] == 0xFF
        marker = jpeg[at + 1]
        if marker == 0xD9:
            found.append((marker, b""))
            assert at + 2 == len(jpeg)
            break
        (length,) = struct.unpack(">H", jpeg[at + 2 : at + 4])
        found.append((marker, jpeg[at + 4 : at + 2 + length]))
        at += 2 + length
        if marker == 0xDA:  # what follows is coded pixels, up to the next marker
            while jpeg[at] != 0xFF or jpeg[at + 1] in {0, *range(0xD0, 0xD8)}:
                at += 1
    return found


def assert_bare(picture: CleanPicture) -> None:
    for jpeg in (picture.jpeg, picture.thumbnail):
        parts = segments(jpeg)
        assert {marker for marker, _ in parts} == NEEDED
        assert [content[:5] for marker, content in parts if marker == 0xE0] == [b"JFIF\0"]
        assert [len(content) for marker, content in parts if marker == 0xE0] == [14]
        image = decoded(jpeg)
        assert (image.format, image.mode) == ("JPEG", "RGB")
        assert not image.getexif()
        assert not {"exif", "xmp", "icc_profile", "photoshop", "comment"} & set(image.info)
        assert SECRET not in jpeg


@pytest.mark.parametrize("kind", FORMATS)
def test_all_metadata_goes_and_the_place_is_told(kind: str) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    said: dict[str, Any] = {"exif": camera().tobytes(), "icc_profile": profile}
    if kind != "PNG":
        said["xmp"] = XMP
    if kind == "JPEG":
        said["comment"] = SECRET
    data = encoded(quarters(), kind, **said)
    if kind == "JPEG":  # IPTC, and something behind the end
        iptc = b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x10\x1c\x02\x78\0\x0b" + SECRET
        data = data[:2] + b"\xff\xed" + struct.pack(">H", len(iptc) + 2) + iptc + data[2:] + SECRET
    if kind == "PNG":
        text = b"tEXt" + b"Comment\0" + SECRET
        chunk = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
        data = data[:33] + chunk + data[33:]
    assert SECRET in data
    picture = clean_picture(data)
    assert_bare(picture)
    assert picture.taken_at == pytest.approx((116.3419, 40.0301), abs=1e-7)
    assert (picture.width, picture.height) == (64, 32) == decoded(picture.jpeg).size
    assert picture.digest == sha256(picture.jpeg).hexdigest()
    assert corners(picture.jpeg) == ["red", "green", "blue", "white"]


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_stand_upright(kind: str, orientation: int) -> None:
    """The camera's corner that must come first, and whether the picture is mirrored, by hand.

    EXIF: 1 upright, 3 upside down, 6 and 8 lying; 2, 4, 5, 7 the same as seen in a mirror.
    """
    expected = {
        1: ["red", "green", "blue", "white"],
        2: ["green", "red", "white", "blue"],
        3: ["blue", "white", "red", "green"],
        4: ["white", "blue", "green", "red"],
        5: ["red", "white", "blue", "green"],
        6: ["white", "red", "green", "blue"],
        7: ["blue", "green", "red", "white"],
        8: ["green", "blue", "white", "red"],
    }[orientation]
    said = camera(place=None, orientation=orientation).tobytes()
    picture = clean_picture(encoded(quarters(), kind, exif=said))
    assert corners(picture.jpeg) == corners(picture.thumbnail) == expected
    assert (picture.width, picture.height) == ((64, 32) if orientation < 5 else (32, 64))


@pytest.mark.parametrize(
    ("place", "gps", "expected"),
    [
        (((33, 51, 24.84), "S", (151, 12, 54), "W"), {}, (-151.215, -33.8569)),
        (((40, 1.5, 0), "N", (116, 30, 0), "E"), {"GPSMapDatum": "WGS-84"}, (116.5, 40.025)),
        (((90, 0, 0), "N", (180, 0, 0), "E"), {}, (180, 90)),
        (((40, 0, 0), "N", (116, 0, 0), "E"), {"GPSMapDatum": "TOKYO"}, None),
        (((90, 0, 1), "N", (116, 0, 0), "E"), {}, None),
        (((40, 0, 0), "N", (181, 0, 0), "E"), {}, None),
        (((0, 0, 0), "N", (0, 0, 0), "E"), {}, None),
        (((40, 0, 0), "X", (116, 0, 0), "E"), {}, None),
        (((40, 0, 0), "N", (116, 0), "E"), {}, None),
    ],
)
def test_a_place_is_told_only_where_it_can_be_one(place: Any, gps: Any, expected: Any) -> None:
    data = encoded(quarters(), "JPEG", exif=camera(place, **gps).tobytes())
    found = clean_picture(data).taken_at
    assert found == (expected and pytest.approx(expected, abs=1e-7))


def test_a_place_divided_by_nothing_is_none() -> None:
    said = camera(((40, 0, 0), "N", (116, 0, 0), "E")).tobytes()
    wrong = said.replace(struct.pack(">II", 116, 1), struct.pack(">II", 116, 0))
    assert wrong != said
    picture = clean_picture(encoded(quarters(), "JPEG", exif=wrong))
    assert picture.taken_at is None


def grey16(value: int) -> bytes:
    return encoded(Image.new("I;16", (8, 8), value), "PNG")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (encoded(quarters("P"), "PNG"), RED),
        (encoded(quarters("CMYK"), "JPEG"), RED),
        (encoded(Image.new("L", (8, 8), 77), "JPEG"), (77, 77, 77)),
        (encoded(Image.new("1", (8, 8), 1), "PNG"), WHITE),
        (encoded(Image.new("LA", (8, 8), (0, 128)), "PNG"), (127, 127, 127)),
        (encoded(Image.new("RGBA", (8, 8), (255, 0, 0, 0)), "PNG"), WHITE),
        (encoded(Image.new("RGBA", (8, 8), (255, 0, 0, 0)), "WEBP", lossless=True), WHITE),
        (encoded(Image.new("RGBA", (64, 64), (0, 0, 0, 0)), "HEIF"), WHITE),
        (encoded(Image.new("P", (8, 8), 0), "PNG", transparency=0), WHITE),
        (encoded(Image.new("P", (8, 8), 0), "PNG", transparency=b"\0\1\2"), WHITE),
        (encoded(Image.new("RGB", (8, 8), BLUE), "PNG", transparency=BLUE), WHITE),
        (grey16(0x8000), (128, 128, 128)),
        (grey16(0xFFFF), WHITE),
        (encoded(Image.new("RGB", (1, 1), GREEN), "PNG"), GREEN),
    ],
)
def test_every_mode_becomes_plain_colour(data: bytes, expected: tuple[int, int, int]) -> None:
    picture = clean_picture(data)
    assert_bare(picture)
    seen: Any = decoded(picture.jpeg).getpixel((0, 0))
    assert all(abs(a - b) <= 4 for a, b in zip(seen, expected, strict=True))


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_an_animation_is_its_first_picture(kind: str) -> None:
    more = [Image.new("RGB", (16, 16), BLUE), Image.new("RGB", (16, 16), GREEN)]
    options = {"save_all": True, "append_images": more, "duration": 10, "lossless": True}
    data = encoded(Image.new("RGB", (16, 16), RED), kind, **options)
    seen: Any = decoded(clean_picture(data).jpeg).getpixel((0, 0))
    assert seen[0] > 250
    assert max(seen[1:]) < 5


@pytest.mark.parametrize("kind", FORMATS)
def test_colours_of_another_profile_become_srgb(kind: str) -> None:
    """A profile whose red and green stand in each other's place: red pixels mean green."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    tags = {bytes(profile[at : at + 4]): at for at in range(132, 132 + 12 * profile[131], 12)}
    red, green = tags[b"rXYZ"], tags[b"gXYZ"]
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    picture = clean_picture(encoded(quarters(), kind, icc_profile=bytes(profile)))
    assert corners(picture.jpeg) == ["green", "red", "blue", "white"]
    assert_bare(picture)
    for broken in (b"no profile", bytes(profile[:200]), bytes(profile).replace(b"RGB ", b"CMYK")):
        told = clean_picture(encoded(quarters(), kind, icc_profile=broken))
        assert corners(told.jpeg) == ["red", "green", "blue", "white"]


@pytest.mark.parametrize(
    ("size", "expected", "thumbnail"),
    [
        ((4096, 1024), (2048, 512), (320, 80)),
        ((1000, 3000), (683, 2048), (107, 320)),
        ((5000, 1), (2048, 1), (320, 1)),
        ((320, 200), (320, 200), (320, 200)),
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_sizes(kind: str, size: Any, expected: Any, thumbnail: Any) -> None:
    picture = clean_picture(encoded(Image.new("RGB", size, RED), kind))
    assert (picture.width, picture.height) == expected == decoded(picture.jpeg).size
    assert decoded(picture.thumbnail).size == thumbnail


def png_header(width: int, height: int) -> bytes:
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head
    return start + struct.pack(">I", zlib.crc32(head)) + b"\0\0\0\0IDAT"


def webp_of(width: int, height: int) -> bytes:
    more = [Image.new("RGB", (64, 32))]  # of an animation, a frame may be smaller than the whole
    data = bytearray(encoded(quarters(), "WEBP", save_all=True, append_images=more))
    assert data[12:16] == b"VP8X"
    data[24:27] = struct.pack("<I", width - 1)[:3]
    data[27:30] = struct.pack("<I", height - 1)[:3]
    return bytes(data)


def heic_of(width: int, height: int) -> bytes:
    data = encoded(quarters(size=(64, 64)), "HEIF")  # a multiple of the codec's blocks: not cropped
    at = data.index(b"ispe")
    told = data[at : at + 8] + struct.pack(">II", width, height)
    return data.replace(data[at : at + 16], told)


def jpeg_of(width: int, height: int) -> bytes:
    data = encoded(quarters(), "JPEG")
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


@pytest.mark.parametrize("bomb", [png_header, webp_of, heic_of, jpeg_of])
@pytest.mark.parametrize("side", [8001, 10_000, 14_000])
def test_too_many_pixels_are_refused_before_any_is_decoded(
    bomb: Any, side: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three sizes: below Pillow's own limit, above its warning, above its error."""
    monkeypatch.setattr(sanitise, "_decode", lambda _: pytest.fail("it was decoded"))
    with pytest.raises(BadPhotoError) as caught:
        clean_picture(bomb(side, side))
    assert caught.value.params["problem"] == "too_many_pixels"


def test_a_header_that_lies_is_refused() -> None:
    for data in (heic_of(32, 16), heic_of(7000, 7000), png_header(9, 9)):
        with pytest.raises(BadPhotoError) as caught:
            clean_picture(data)
        assert caught.value.params["problem"] == "unreadable"


def many_scans() -> bytes:
    data = encoded(quarters(), "JPEG", progressive=True)
    at = data.rindex(b"\xff\xda")
    return data[:at] + data[at:-2] * 200 + data[-2:]


def oversize() -> bytes:
    data = encoded(quarters(), "JPEG")
    return data + bytes(MOST_BYTES + 1 - len(data))


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "unreadable"),
        (b"not a picture at all", "unreadable"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unreadable"),
        (encoded(quarters(), "GIF"), "unreadable"),
        (encoded(quarters(), "BMP"), "unreadable"),
        (encoded(quarters(), "TIFF"), "unreadable"),
        (encoded(quarters(), "AVIF"), "unreadable"),
        (encoded(quarters(size=(640, 320)), "JPEG")[:-700], "unreadable"),
        (encoded(quarters(size=(640, 320)), "PNG")[:-60], "unreadable"),
        (encoded(quarters(size=(640, 320)), "WEBP")[:-60], "unreadable"),
        (encoded(quarters(size=(640, 320)), "HEIF")[:-60], "unreadable"),
        (many_scans(), "unreadable"),
        (oversize(), "too_big"),
    ],
)
def test_what_is_no_such_picture_is_refused(data: bytes, problem: str) -> None:
    with pytest.raises(BadPhotoError) as caught:
        clean_picture(data)
    assert caught.value.params["problem"] == problem


def test_without_its_package_heic_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """As ``make setup`` leaves it: phones are not asked for HEIC, and who sends one is told."""
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    spec = importlib.util.spec_from_file_location("pictures_without_heic", sanitise.__file__)
    assert spec is not None
    assert spec.loader is not None
    bare = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, bare)
    spec.loader.exec_module(bare)
    assert "heic" in sanitise.MEDIA_TYPES
    assert bare.MEDIA_TYPES == "image/jpeg,image/png,image/webp"
    assert bare.clean_picture(encoded(quarters(), "WEBP")).width == 64
    told = {"HEIF": "heic", "AVIF": "unreadable", "GIF": "unreadable"}
    for kind, problem in told.items():
        with pytest.raises(BadPhotoError) as caught:
            bare.clean_picture(encoded(quarters(), kind))
        assert caught.value.params["problem"] == problem


def test_as_many_bytes_as_allowed_are_allowed() -> None:
    assert clean_picture(oversize()[:-1]).width == 64


SEEDS = [
    encoded(quarters(), "JPEG", exif=camera().tobytes(), xmp=XMP),
    encoded(quarters(), "JPEG", progressive=True),
    encoded(quarters("CMYK"), "JPEG"),
    encoded(quarters(), "PNG", exif=camera().tobytes()),
    encoded(quarters("P"), "PNG", transparency=b"\0\x80"),
    encoded(quarters(), "PNG", save_all=True, append_images=[Image.new("RGB", (64, 32))]),
    encoded(quarters(), "WEBP", exif=camera().tobytes()),
    encoded(quarters(), "HEIF", exif=camera().tobytes(), xmp=XMP),
    encoded(quarters(), "MPO", save_all=True, append_images=[Image.new("RGB", (64, 32))]),
]


def survives(data: bytes) -> None:
    with suppress(BadPhotoError):
        assert_bare(clean_picture(data))


@settings(max_examples=examples(150), deadline=None)
@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\xff\0\0\0WEBPVP8 "])
    | st.just(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"),
)
def test_any_bytes_give_a_picture_or_a_refusal(tail: bytes, head: bytes) -> None:
    survives(head + tail)


@settings(max_examples=examples(600), deadline=None)
@given(st.data())
def test_any_damage_gives_a_picture_or_a_refusal(draw: st.DataObject) -> None:
    seed = bytearray(draw.draw(st.sampled_from(SEEDS)))
    for _ in range(draw.draw(st.integers(1, 6))):
        at = draw.draw(st.integers(0, len(seed) - 1))
        match draw.draw(st.sampled_from(["set", "cut", "insert", "repeat", "end"])):
            case "set":
                seed[at] = draw.draw(st.sampled_from([0, 1, 0x80, 0xFF]) | st.integers(0, 255))
            case "cut":
                del seed[at : at + draw.draw(st.integers(1, 40))]
            case "insert":
                seed[at:at] = draw.draw(st.binary(min_size=1, max_size=20))
            case "repeat":
                seed[at:at] = seed[at : at + draw.draw(st.integers(1, 200))]
            case "end":
                del seed[max(at, 1) :]
        if not seed:
            break
    survives(bytes(seed))


def late_chunk(kind: bytes, content: bytes) -> bytes:
    """A PNG that says after its pixels what belongs before them."""
    data = encoded(quarters(), "PNG")
    body = kind + content
    chunk = struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))
    return data[:-12] + chunk + data[-12:]


@pytest.mark.parametrize(
    "data",
    [
        late_chunk(b"acTL", bytes(8)),
        late_chunk(b"eXIf", b"II*\0\x08\0\0\0\xff\xff" + bytes(40)),
        late_chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(100))),
        encoded(quarters(), "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x12\x01\3\0" * 30),
    ],
)
def test_odd_metadata_is_neither_an_obstacle_nor_warned_about(data: bytes) -> None:
    assert_bare(clean_picture(data))


def test_threads_do_not_disturb_each_other() -> None:
    """The filters of warnings are the process's: they are as before, whoever came between."""
    before = list(warnings.filters)
    start = threading.Barrier(4)

    def work(number: int) -> set[str]:
        start.wait()
        return {clean_picture(SEEDS[(number + at) % 4]).digest for at in range(8)}

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(work, range(4)))
    assert all(digests == found[0] for digests in found)
    assert list(warnings.filters) == before
