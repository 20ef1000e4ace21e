"""Unpacking an archive: only what is read, counted by the bytes that really come out."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from core.errors import BadFileError, FileProblem
from geo.reading.encoding import decide_encoding, decode
from geo.reading.file_kinds import INSIDE_ARCHIVES
from geo.reading.limits import MIB, ReadLimits

_PIECE = 256 * 1024
_UTF8_NAME, _LOCKED = 0x800, 0x1
#: What lies beside the layers of an archive and says something of them; no layer itself.
_ABOUT = frozenset({"readme.txt", "field_names.csv"})
_SUPPORTED = frozenset(
    {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA}
)


@dataclass(frozen=True)
class UnpackedFile:
    """A file of an archive that was unpacked: where it stood, and where it is now."""

    name: PurePosixPath
    path: Path


def unpack(archive_path: Path, folder: Path, limits: ReadLimits) -> list[UnpackedFile]:
    """Unpack what a reader needs into ``folder`` under names of our own.

    Folders inside are entered; what macOS adds (``__MACOSX``, ``._x``), hidden files, links and
    other archives are passed over. Raises ``BadFileError``: ``archive`` (damaged or none),
    ``locked`` (by a password), ``size`` (too many files, or too much in them).
    """
    with _opened(archive_path) as archive:
        wanted = [(name, info) for info in archive.infolist() if (name := _wanted(info))]
        if len(wanted) > limits.members:
            raise _too_large(limits)
        room, members = _Room(limits), []
        for number, (name, info) in enumerate(wanted):
            path = folder / f"member{number}{name.suffix.lower()}"
            with path.open("wb") as target:
                target.writelines(room.pieces(archive, info))
            members.append(UnpackedFile(name, path))
        return members


def check_unpacked_size(archive_path: Path, limits: ReadLimits) -> None:
    """Raise ``BadFileError`` (``archive``, ``size``) unless all of an archive is small enough."""
    with _opened(archive_path) as archive:
        if len(archive.infolist()) > 10 * limits.members:
            raise _too_large(limits)
        room = _Room(limits)
        for info in archive.infolist():
            for _piece in room.pieces(archive, info):
                pass


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open an archive. Raises ``BadFileError`` for what is none, also while it is read."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OverflowError) as error:
        raise BadFileError(
            reason="the archive is damaged, or none", problem=FileProblem.ARCHIVE
        ) from error


class _Room:
    """Counts what comes out of an archive, all its members together."""

    def __init__(self, limits: ReadLimits) -> None:
        self._limits, self._left = limits, limits.unpacked_mb * MIB

    def pieces(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
        """Yield a member piece by piece. Raises ``BadFileError`` (``locked``, ``size``)."""
        _check_readable(info)
        with archive.open(info) as source:
            while piece := source.read(_PIECE):
                self._left -= len(piece)
                if self._left < 0:
                    raise _too_large(self._limits)
                yield piece


def _wanted(info: zipfile.ZipInfo) -> PurePosixPath | None:
    name = PurePosixPath(_name_of(info).replace("\\", "/"))
    hidden = any(part == "__MACOSX" or part.startswith(".") for part in name.parts)
    told = name.name.lower() in _ABOUT
    unread = info.is_dir() or hidden or told or name.suffix.lower() not in INSIDE_ARCHIVES
    return None if unread else name


def _name_of(info: zipfile.ZipInfo) -> str:
    """Return a member's name; old packers write it in the office's encoding and do not say so."""
    if info.flag_bits & _UTF8_NAME:
        return info.filename
    try:
        raw = info.filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    return decode(raw, decide_encoding([raw])) if not raw.isascii() else info.filename


def _check_readable(info: zipfile.ZipInfo) -> None:
    if info.flag_bits & _LOCKED:
        raise BadFileError(reason="the archive is locked by a password", problem=FileProblem.LOCKED)
    if info.compress_type not in _SUPPORTED:
        raise BadFileError(
            reason="the archive is packed in an unusual way", problem=FileProblem.ARCHIVE
        )


def _too_large(limits: ReadLimits) -> BadFileError:
    most = limits.unpacked_mb
    told = f"the archive holds more than {limits.members} files or {most} MB"
    return BadFileError(reason=told, problem=FileProblem.SIZE, most_mb=most)
