"""What lets the light pages open without a network: their worker, their manifest, their last page.

The worker (``web/static/worker.js``) keeps campaign pages as a stranger gets them and stands below
``/w/``, which is therefore all that it may ever answer for. Its body names a version of all that it
stands for: when the scripts, the styles or the words change, browsers take the new one.
"""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from core.language import LANGUAGES, html_lang
from layers.map import assets
from people.access.actor import Actor
from serving.etag import kept_under, unchanged
from serving.guards import PUBLIC
from serving.visit import Reader, Visit

router = APIRouter(dependencies=[PUBLIC])
SCOPE = "/w/"
#: Of the app's own picture, side by side: what it is for, its name, its size in pixels.
ICONS = (
    ("any", "app-192.png", 192),
    ("any", "app-512.png", 512),
    ("maskable", "app-maskable-512.png", 512),
)
COLOUR, PAPER = "#17607a", "#f5f6f2"


@router.get("/offline", response_class=HTMLResponse)
def offline(here: Reader) -> Response:
    """Say that a page needs a network, and list what opens without one."""
    return here.page("offline.html")


@router.get("/sw.js")
def worker(here: Reader) -> Response:
    """Return the service worker; browsers ask for it anew and compare it byte by byte."""
    script = assets.bundle("worker.js")
    told = {"version": _version(here, script), "languages": list(LANGUAGES)}
    body = f"self.LJ_SHELL = {json.dumps(told)};\n".encode() + script
    scope = {"Service-Worker-Allowed": SCOPE}
    return _kept(here, body, "text/javascript", scope)


def _version(here: Visit, script: bytes) -> str:
    """Return a digest of the worker, and of the page that it begins with, in each language.

    Whoever asks, it is the same: a worker that differed would be fetched again and again.
    """
    digest = sha256(script)
    for lang in LANGUAGES:
        asked = replace(here, lang=lang, large=False, actor=Actor())
        shown = asked.page("offline.html")
        digest.update(bytes(shown.body))
    return digest.hexdigest()[:16]


@router.get("/manifest.webmanifest")
def manifest(here: Reader) -> Response:
    """Return what a phone needs to put LuJian on its home screen."""
    _ = here.words.gettext
    told = {
        "id": SCOPE,
        "name": "路见 LuJian",
        "short_name": _("LuJian"),
        "description": _("Say on the map what your street needs, and see what becomes of it."),
        "lang": html_lang(here.lang),
        "dir": "ltr",
        "start_url": SCOPE,
        "scope": SCOPE,
        "display": "standalone",
        "theme_color": COLOUR,
        "background_color": PAPER,
        "icons": [
            {
                "src": assets.address(f"lujian/{name}"),
                "sizes": f"{side}x{side}",
                "type": "image/png",
                "purpose": purpose,
            }
            for purpose, name, side in ICONS
        ],
    }
    body = json.dumps(told, ensure_ascii=False, indent=1).encode()
    return _kept(here, body, "application/manifest+json", {})


def _kept(here: Visit, body: bytes, kind: str, more: dict[str, str]) -> Response:
    etag = f'"{sha256(body).hexdigest()[:16]}"'
    answer = unchanged(here.request, etag) or Response(
        body, media_type=kind, headers=kept_under(etag)
    )
    answer.headers.update(more)
    return answer
