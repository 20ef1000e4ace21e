"""Where the bytes of photos are: a folder, or any store that speaks S3. One interface, obstore's.

A photo is two objects: ``NAME.jpg`` and ``NAME-small.jpg``. A store belongs to one database alone:
what that database does not know is swept from it in time
(``submissions.participation.photos.sweep``).

For ``s3://bucket/prefix`` the usual variables say the rest:

- ``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY`` and, for passing keys, ``AWS_SESSION_TOKEN``;
  without them, the role of the machine is asked for.
- ``AWS_REGION`` (us-east-1 unless set).
- ``AWS_ENDPOINT_URL`` for a store that is not Amazon's, such as https://minio.example.org:9000.
  An address that starts with http:// is taken at its word: no TLS.
- ``AWS_VIRTUAL_HOSTED_STYLE_REQUEST=true`` where the bucket is part of the host's name.
"""

from __future__ import annotations

import logging
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from core.errors import NotFoundError, Outage, UnavailableError
from core.outages import reported
from core.settings import ROOT
from core.startup import check_folder

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig

log = logging.getLogger(__name__)
NAME_LENGTH = 26
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_NAME = re.compile(rf"[{_ALPHABET}]{{{NAME_LENGTH}}}")
_FILE = re.compile(rf"({_NAME.pattern})(-small)?\.jpg")
#: Somebody waits for the answer, so a store out of reach is given up on soon.
_RETRY: RetryConfig = {"max_retries": 3, "retry_timeout": timedelta(seconds=20)}


def new_name() -> str:
    """Return a name nobody can guess (130 random bits), safe in addresses and file names."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(NAME_LENGTH))


class PhotoStore:
    """Keeps cleaned photos and their thumbnails; what ``put`` returned from is there to stay."""

    def __init__(self, store: LocalStore | S3Store, folder: Path | None = None) -> None:
        self._store, self._folder = store, folder

    def put(self, name: str, jpeg: bytes, thumbnail: bytes) -> None:
        """Store both JPEGs under a ``new_name``, each whole or not at all.

        Raises ``UnavailableError`` where the store takes nothing or is out of reach.
        """
        for key, content in ((_key(name, thumbnail=True), thumbnail), (_key(name), jpeg)):
            with _outages(Outage.FULL):
                obstore.put(
                    self._store, key, content, attributes=self._attributes(), use_multipart=False
                )
                if self._folder is not None:
                    _make_durable(self._folder, key)

    def read(self, name: str, *, thumbnail: bool = False) -> bytes:
        """Return a JPEG. Raises ``NotFoundError``; ``UnavailableError`` out of reach."""
        try:
            with _outages(Outage.AWAY):
                found = obstore.get(self._store, _key(name, thumbnail=thumbnail))
                return found.bytes().to_bytes()
        except FileNotFoundError as error:
            raise NotFoundError(kind="photo") from error

    def delete(self, name: str) -> None:
        """Remove both JPEGs; what is not there is removed already."""
        for thumbnail in (False, True):
            try:
                obstore.delete(self._store, _key(name, thumbnail=thumbnail))
            except (FileNotFoundError, NotFoundError):
                continue

    def names_before(self, moment: datetime) -> Iterator[list[str]]:
        """Go through the names of photos stored before a moment, in batches; some come twice."""
        for batch in obstore.list(self._store, chunk_size=500):
            files = [_FILE.fullmatch(item["path"]) for item in batch if _older(item, moment)]
            names = {file[1] for file in files if file}
            if names:
                yield sorted(names)

    def drop_unfinished(self, moment: datetime) -> None:
        """Remove what a killed process left half written in the folder before a moment."""
        for path in self._folder.glob("*.jpg#*") if self._folder is not None else ():
            if path.stat().st_mtime < moment.timestamp():
                path.unlink(missing_ok=True)

    def _attributes(self) -> dict[str, str] | None:
        return {"Content-Type": "image/jpeg"} if self._folder is None else None


def open_store(where: str | Path) -> PhotoStore:
    """Open the store of ``LUJIAN_PHOTO_STORE``: ``s3://bucket/prefix``, or a folder (made if new).

    A relative folder lies in the project's. Raises ``ValueError`` for another kind of address, and
    ``StartError`` for a folder that cannot be read and written; a store elsewhere may be away for a
    while.
    """
    if str(where).startswith("s3://"):
        plain = os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://")
        client: ClientConfig = {"allow_http": plain, "timeout": timedelta(seconds=30)}
        return PhotoStore(S3Store.from_url(str(where), client_options=client, retry_config=_RETRY))
    if "://" in str(where):
        raise ValueError(f"photos are kept in a folder or in s3://bucket/prefix, not in {where}")
    folder = ROOT / Path(where).expanduser()
    check_folder(folder, "The store of photos")
    return PhotoStore(LocalStore(folder), folder)


@contextmanager
def _outages(problem: Outage) -> Iterator[None]:
    try:
        with reported():
            yield
    except (BaseError, PermissionError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        log.error("The store of photos cannot be used: %s", " ".join(str(error).split())[:300])
        raise UnavailableError(problem=problem) from error


def _key(name: str, *, thumbnail: bool = False) -> str:
    if not _NAME.fullmatch(name):
        raise NotFoundError(kind="photo")
    return f"{name}-small.jpg" if thumbnail else f"{name}.jpg"


def _older(item: obstore.ObjectMeta, moment: datetime) -> bool:
    return item["last_modified"] < moment


def _make_durable(folder: Path, key: str) -> None:
    """Bring a file and its name to the disk: obstore renames it into place, but does not fsync."""
    for path in (folder / key, folder):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
