"""What the served Streamlit page tells a browser to fetch at once, rather than find out later.

Streamlit's front end learns by websocket which of its own scripts it needs, st_folium's frame then
which scripts the map needs: five more round trips on a phone. They are named in the page's head.
"""

from __future__ import annotations

import json
import re
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from streamlit.file_util import get_static_dir

from layers.map import assets

#: Streamlit's scripts for the map's frame, and for what else stands on the resident's page.
SOON = ("ComponentInstance",)
LATER = ("BidiComponent", "Html", "PageLink", "Button", "Selectbox", "LinkButton")
FRAME = "streamlit_folium"
#: What Streamlit's front end asks its server before it connects.
ASKED = ("./_stcore/health", "./_stcore/host-config")
LOW = 'fetchpriority="low"'
_STATIC_IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*["']\./([\w.-]+\.js)["']""")


def hints(page: str) -> str:
    """Return links for the head of ``page``, Streamlit's index page, without what it names.

    What the map waits for comes before the rest of the page.
    """
    soon, later = (
        [name for name in _needed(names) if name not in page] for names in (SOON, SOON + LATER)
    )
    map_scripts = [assets.address("bundle/map.js")]
    # The frame's own files are served once a visitor's page has imported it.
    if FRAME in sys.modules:
        map_scripts[:0] = _frame_scripts()
    links = [
        *(_link("preload", address, "crossorigin", kind="fetch") for address in ASKED),
        *(_link("modulepreload", f"./static/js/{name}", "crossorigin") for name in soon),
        *(_link("preload", address, kind="script") for address in map_scripts),
        _link("preload", assets.address("bundle/map.css"), kind="style"),
        _link("preload", assets.address("web/lujian.css"), LOW, kind="style"),
        _link("preload", assets.address("web/lujian.js"), LOW, kind="script"),
    ]
    links += [
        _link("modulepreload", f"./static/js/{name}", "crossorigin", LOW)
        for name in later
        if name not in soon
    ]
    return "".join(links)


def _link(relation: str, address: str, *more: str, kind: str = "") -> str:
    said = " ".join([f'as="{kind}"', *more] if kind else more)
    return f'<link rel="{relation}" href="{address}" {said}>'


@cache
def _needed(elements: tuple[str, ...]) -> tuple[str, ...]:
    """Return the elements' scripts and all that they import; an unknown element is left out."""
    folder = Path(get_static_dir()) / "static" / "js"
    found: dict[str, None] = {}
    waiting = [file.name for name in elements for file in sorted(folder.glob(f"{name}.*.js"))[:1]]
    while waiting:
        name = waiting.pop(0)
        if name in found or not (folder / name).is_file():
            continue
        found[name] = None
        waiting += _STATIC_IMPORT.findall((folder / name).read_text(encoding="utf-8"))
    return tuple(found)


@cache
def _frame_scripts() -> list[str]:
    """Return the address of st_folium's own script, as its build names it."""
    spec = find_spec(FRAME)
    for place in (spec.submodule_search_locations or []) if spec else []:
        manifest = Path(place) / "frontend" / "build" / "asset-manifest.json"
        if manifest.is_file():
            main = json.loads(manifest.read_text(encoding="utf-8"))["files"]["main.js"]
            return [f"/component/{FRAME}.st_folium/{str(main).removeprefix('./').lstrip('/')}"]
    return []
