"""The text files that never change while the program runs, and their compressed forms.

``python -m serving.fixed_files`` compresses them once, into a folder beside the front-end packages
(``make setup`` does), and compiles the templates of pages there. Each file is named by its
content's digest: whatever is upgraded is compressed anew, an older form is never served for a newer
file. Without that folder all works the same, but the program compresses what is asked for, once a
start.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import brotli

from core.settings import get_settings
from layers.map import assets

TEXT = (".js", ".css", ".json", ".svg")
LEAST_BYTES = 600
#: Brotli at its best takes a second for Streamlit's largest script.
QUICK, BEST = 5, 11
COMPONENTS = ("streamlit_folium",)
_FOLDER = ".packed"


def gzipped(body: bytes, _quality: int = QUICK) -> bytes:
    """Compress with gzip at its best, which is quick."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


def brotlied(body: bytes, quality: int = QUICK) -> bytes:
    """Compress with Brotli, ``quality`` from 0 to 11."""
    return bytes(brotli.compress(body, mode=brotli.MODE_TEXT, quality=quality))


#: Content coding -> how it is made; the first that a browser takes is sent.
CODINGS: dict[str, Callable[[bytes, int], bytes]] = {"br": brotlied, "gzip": gzipped}


def fixed_addresses() -> frozenset[str]:
    """Return the addresses of all fixed text files: as many as there are on disk."""
    return frozenset(address for address, _file in _files()) | frozenset(
        f"{assets.AT}/bundle/{name}" for name in assets.BUNDLES
    )


def prepared(body: bytes, coding: str) -> bytes | None:
    """Return a file's compressed form if it was made at set-up."""
    try:
        return _place(_folder(), body, coding).read_bytes()
    except OSError:
        return None


def prepare(folder: Path) -> int:
    """Compress all fixed files into ``folder``, remove what is of none, and return how many.

    Several may do so at once: a form is moved to its name when it is whole.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {
        _place(folder, body, coding): (body, coding) for body in _bodies() for coding in CODINGS
    }
    missing = [item for item in wanted.items() if not item[0].exists()]
    with ProcessPoolExecutor(os.cpu_count()) as workers:
        list(workers.map(_make, *zip(*missing, strict=True))) if missing else []
    for other in set(folder.iterdir()) - set(wanted):
        other.unlink(missing_ok=True)
    return len(wanted)


def _make(place: Path, given: tuple[bytes, str]) -> None:
    body, coding = given
    handle, name = tempfile.mkstemp(dir=place.parent, suffix=".part")
    with os.fdopen(handle, "wb") as file:
        file.write(CODINGS[coding](body, BEST))
    Path(name).chmod(0o644)
    Path(name).replace(place)


def _files() -> Iterator[tuple[str, Path]]:
    for at, folder in _folders().items():
        for file in folder.rglob("*"):
            if file.suffix in TEXT and file.is_file():
                yield f"{at}/{file.relative_to(folder).as_posix()}", file


def _folders() -> dict[str, Path]:
    """Return the folders that are served, by the address they have."""
    ours = {f"{assets.AT}/{name}": folder for name, folder in assets.folders().items()}
    components = {
        f"/component/{name}.st_folium": Path(place) / "frontend" / "build"
        for name in COMPONENTS
        for place in _package(name)
    }
    front_end = Path(_package("streamlit")[0]) / "static" / "static"
    return {**ours, **components, "/static": front_end}


def _package(name: str) -> list[str]:
    """Return where a package lies, without importing it."""
    spec = find_spec(name)
    return list(spec.submodule_search_locations or []) if spec else []


def _bodies() -> Iterator[bytes]:
    bodies = (file.read_bytes() for _address, file in _files())
    bundles = map(assets.bundle, assets.BUNDLES)
    for read in (bodies, bundles):
        yield from (body for body in read if len(body) >= LEAST_BYTES)


def _folder() -> Path:
    return get_settings().assets_dir / _FOLDER


def _place(folder: Path, body: bytes, coding: str) -> Path:
    return folder / f"{hashlib.sha256(body).hexdigest()}.{coding}"


if __name__ == "__main__":
    from serving import template_code, visit  # of the program, not of what is only imported

    compiled = template_code.prepare(visit.environment("zh_CN"), get_settings().assets_dir)
    sys.stdout.write(f"{prepare(_folder())} compressed files, {compiled} templates are ready.\n")
