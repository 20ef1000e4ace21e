"""Files as answers: made at once and gone after, or, where large, made beside and fetched later."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from fastapi import Request
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.background import BackgroundTask

from api.file_requests import FileAsked
from api.refusal_page import wants_page
from geo.writing.drawing import check_drawable
from geo.writing.file_layer import FileLayer, Progress
from geo.writing.forms import write_file
from layers.export.file_jobs import TooManyFilesError
from serving.context import Context

#: Up to so many features a file is made while its asker waits (about three seconds of work).
AT_ONCE = {"dxf": 1_000, "xlsx": 5_000, "pmtiles": 5_000}
AT_ONCE_ELSE = 20_000
#: So many are made at once beside those of the worker; others wait so long.
_TURNS, _WAIT_S = threading.BoundedSemaphore(2), 30.0
AGAIN_S = 2

#: Reads the layers of a file; tells how far it is, from 0 to 1.
Read = Callable[[Progress], Sequence[FileLayer]]


def answer_small(
    asked: FileAsked, read: Read, notes: Sequence[str], *, name: str, headers: dict[str, str]
) -> Response:
    """Make a file now and send it; it is removed once it is sent."""
    with _turn():
        folder = tempfile.mkdtemp(prefix="lujian-file-")
        path = Path(folder) / name
        try:
            _make(asked, read, notes, path, lambda _done: None)
        except BaseException:
            _remove(path)
            raise
    return FileResponse(
        path,
        media_type=asked.form.media_type,
        headers={**headers, **attached(name)},
        background=BackgroundTask(_remove, path),
    )


def answer_any(
    room: Context,
    request: Request,
    asked: FileAsked,
    read: Read,
    notes: Sequence[str],
    *,
    count: int,
    name: str,
    headers: dict[str, str],
) -> Response:
    """Make a file of ``count`` features now, or lead to where a large one will be.

    ``headers`` have an ETag: askers of the same name and tag share one file. A browser is led to a
    page that shows how far it is; a program gets 202 and the address in ``Location`` and as JSON.
    Raises ``TooManyForDrawingError``, ``TooManyFilesError``.
    """
    check_count(asked, count)
    if count <= AT_ONCE.get(asked.form.name, AT_ONCE_ELSE):
        return answer_small(asked, read, notes, name=name, headers=headers)
    ticket = room.files.begin(
        f"{name} {headers['ETag']}",
        lambda path, tell: _make(asked, read, notes, path, tell),
        name=name,
        media_type=asked.form.media_type,
        tag=headers["ETag"],
    )
    if wants_page(request):
        return RedirectResponse(f"/w/files/{ticket}?lang={asked.lang}", status_code=303)
    return JSONResponse(
        {"state": "waiting", "done": 0.0, "url": f"/api/files/{ticket}"},
        status_code=202,
        headers={"Location": f"/api/files/{ticket}", "Retry-After": str(AGAIN_S)},
    )


def check_count(asked: FileAsked, count: int) -> None:
    """Raise ``TooManyForDrawingError`` before anything is read for a drawing that cannot be."""
    if asked.form.name == "dxf":
        check_drawable(count)


def attached(name: str) -> dict[str, str]:
    """Return the header by which a browser keeps an answer as a file."""
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def _make(asked: FileAsked, read: Read, notes: Sequence[str], path: Path, tell: Progress) -> None:
    layers = read(lambda done: tell(done / 2))
    write_file(
        layers,
        path,
        asked.form.name,
        system=asked.system,
        notes=notes,
        progress=lambda done: tell(0.5 + done / 2),
    )


@contextmanager
def _turn() -> Iterator[None]:
    if not _TURNS.acquire(timeout=_WAIT_S):
        raise TooManyFilesError
    try:
        yield
    finally:
        _TURNS.release()


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.parent.rmdir()
