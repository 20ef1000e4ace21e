"""The file of a version: one zip with all layers in all forms, project, brief, photos, manifest."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from core.language import is_chinese, translations
from geo.writing.csv_writer import MARK, csv_text
from geo.writing.forms import FORMS, write_file
from geo.writing.target_systems import IN_WGS84, SystemKind, TargetSystem, system_for
from packs.building.contents import Contents
from packs.building.dictionary import dictionary_rows
from packs.building.project import qgis_project
from packs.building.scope import AROUND_M, BESIDE_M, Scope, Tell
from packs.building.styles import file_layers
from packs.told_people import LEAST
from wording.packs.column_titles import column_titles
from wording.packs.pack_words import at_least, group_words, pack_notes, read_me, terms

GPKG, MANIFEST = "data/pack.gpkg", "manifest.json"
FORMAT = "lujian-pack/1"
_PIECE = 1 << 20
_DOTS = re.compile(r"[^0-9A-Za-z]+")


@dataclass(frozen=True)
class PackParts:
    """What goes into a pack besides its layers: the brief, photos by name, words of the office."""

    brief: bytes
    photos: Iterator[tuple[str, bytes]]
    photos_left_out: int
    names: dict[str, str]
    office: str
    licence: str


def write_pack(
    scope: Scope, found: Contents, parts: PackParts, to: Path, *, now: datetime, tell: Tell
) -> dict[str, Any]:
    """Write the file of a version to ``to``, whole or not at all; return its manifest.

    ``tell`` may raise to end the work. Raises what ``geo.writing.forms.write_file`` raises.
    """
    system = system_for(scope.system)
    with tempfile.TemporaryDirectory(dir=to.parent, prefix=".pack-") as name:
        folder = Path(name)
        layers = file_layers(scope, found)
        notes = _notes(scope, found, parts, system, now)
        _data(layers, folder, system, notes, tell)
        project = qgis_project(
            layers,
            gpkg=f"./{GPKG}",
            system=system,
            title=scope.title,
            about="sites",
            sheet=translations(scope.language).gettext("Sheet A3"),
            notes=notes,
            titles=column_titles(translations(scope.language), scope.language, scope.campaign),
        )
        _put(folder / "project.qgz", project)
        _put(folder / "brief.pdf", parts.brief)
        _texts(scope, found, parts, folder)
        photos = 0
        for photo, jpeg in parts.photos:
            _put(folder / "photos" / photo, jpeg)
            photos += 1
            tell(0.8)
        told = _manifest(scope, found, parts, system, photos, now)
        told["files"] = {one: _told_of(folder / one) for one in _files(folder)}
        _put(folder / MANIFEST, json.dumps(told, ensure_ascii=False, indent=1).encode())
        tell(0.9)
        _zip(folder, to, now)
    return told


def _notes(
    scope: Scope, found: Contents, parts: PackParts, system: TargetSystem, now: datetime
) -> list[str]:
    """Return what stands in drawings, tables and on the sheet to print."""
    words = translations(scope.language)
    return pack_notes(
        words,
        scope.title,
        scope.number,
        system,
        around_m=None if scope.whole else AROUND_M,
        schematic=found.schematic,
        made=now,
        licence=parts.licence,
        office=parts.office,
    )


def drawing_name(system: TargetSystem) -> str:
    """Return the name of the drawing: a DXF cannot say its system, so its name does."""
    return f"pack-{_DOTS.sub('', system.code)}.dxf"


def _data(
    layers: list[Any], folder: Path, system: TargetSystem, notes: list[str], tell: Tell
) -> None:
    """Write the layers as GeoPackage, GeoJSON and DXF."""
    for name in ("data/geojson", "cad", "photos"):
        (folder / name).mkdir(parents=True)
    write_file(
        layers,
        folder / GPKG,
        "gpkg",
        system=system,
        notes=notes,
        progress=lambda done: tell(0.1 + 0.3 * done),
    )
    for layer in layers:
        path = folder / "data" / "geojson" / f"{layer.name}.geojson"
        write_file([layer], path, "geojson", system=IN_WGS84)
    tell(0.5)
    if "dxf" in FORMS and system.kind == SystemKind.METRES:
        drawing = folder / "cad" / drawing_name(system)
        write_file(
            layers,
            drawing,
            "dxf",
            system=system,
            notes=notes,
            progress=lambda done: tell(0.5 + 0.25 * done),
        )


def _texts(scope: Scope, found: Contents, parts: PackParts, folder: Path) -> None:
    words, lang = translations(scope.language), scope.language
    _ = words.gettext
    heads = [_("Layer"), _("Column"), _("Title"), _("Type"), _("Meaning")]
    rows = dictionary_rows(found, scope.campaign, column_titles(words, lang, scope.campaign))
    _put(folder / "dictionary.csv", csv_text(heads, rows).encode())
    groups = group_words(words)
    heads = [_("What"), _("Which"), _("Proposals"), _("People"), _("Told since version")]
    figures = [
        [
            groups[one.group],
            parts.names.get(f"{one.group}:{one.key}", one.key),
            "" if one.proposals is None else one.proposals,
            at_least(words, one.people),
            one.version or "",
        ]
        for one in found.figures
    ]
    _put(folder / "figures.csv", csv_text(heads, figures).encode())
    said = terms(words, parts.licence)
    _put(folder / "terms.txt", _lines([f"{n}. {one}" for n, one in enumerate(said, 1)]))
    _put(
        folder / "LICENCE.txt",
        _lines([parts.licence or _("All rights with the office."), parts.office]),
    )
    _put(folder / "README.txt", _lines(_read_me(scope)))


def _read_me(scope: Scope) -> list[str]:
    """Return what one reads first, in the language of the pack and below in English or Chinese."""
    other = "en" if is_chinese(scope.language) else "zh_CN"
    first, then = (
        read_me(translations(lang), scope.title, scope.number) for lang in (scope.language, other)
    )
    return [*first, "", "-" * 72, "", *then]


def _manifest(
    scope: Scope,
    found: Contents,
    parts: PackParts,
    system: TargetSystem,
    photos: int,
    now: datetime,
) -> dict[str, Any]:
    """Return what a pack says of itself, but its files."""
    return {
        "format": FORMAT,
        "title": scope.title,
        "version": scope.number,
        "made": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "office": parts.office,
        "licence": parts.licence,
        "campaign": scope.campaign.slug,
        "edition": scope.campaign.edition,
        "schematic_borders": found.schematic,
        "origin": str(scope.origin),
        "filter": scope.query,
        "coordinate_system": system.code,
        "method": {
            "proposals": "published ones alone, as residents wrote them",
            "around_m": None if scope.whole else AROUND_M,
            "conditions_within_m": BESIDE_M,
            "people": f"in multiples of {LEAST}, from {LEAST} on; changed from version to version "
            f"only where at least {LEAST} people more or fewer stand behind a figure",
            "demand_tracts": "single linkage of proposals of one theme within 50 m, from 5 "
            "proposals on; concave hull, 15 m wider",
            "no_go": dict(_widths(found)),
            "distances": "projected, EPSG by place",
        },
        "left_out": {
            "texts_blacked_in_part": found.blacked,
            "photos_beyond_the_most": parts.photos_left_out,
            "themes_not_read_yet": int(found.layer("proposals")["themes"].isna().sum()),
            "columns": "how the author knows the place, how it was placed and entered, answers to "
            "private questions",
        },
        "layers": {one.name: {"things": len(one.frame), "kind": one.kind} for one in found.layers},
        "photos": photos,
    }


def _widths(found: Contents) -> list[tuple[str, float]]:
    frame = next((one.frame for one in found.layers if one.name == "no_go"), None)
    if frame is None:
        return []
    pairs = dict(zip(frame["reason"], frame["width_m"], strict=True))
    return [(str(name), float(width)) for name, width in sorted(pairs.items())]


def _files(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def _told_of(path: Path) -> dict[str, Any]:
    digest = sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return {"sha256": digest.hexdigest(), "bytes": path.stat().st_size}


def _zip(folder: Path, to: Path, now: datetime) -> None:
    """Put all files into one zip; each bears the moment at which the version was made."""
    part = to.with_suffix(".part")
    moment = now.astimezone(UTC).timetuple()[:6]
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as made:
            for name in _files(folder):
                packed = name.endswith((".jpg", ".qgz", ".pdf"))
                info = zipfile.ZipInfo(name, moment)
                info.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
                info.external_attr = 0o644 << 16
                with (
                    (folder / name).open("rb") as source,
                    made.open(info, "w", force_zip64=True) as target,
                ):
                    shutil.copyfileobj(source, target, _PIECE)
        part.replace(to)
    finally:
        part.unlink(missing_ok=True)


def _lines(lines: list[str]) -> bytes:
    """Return lines as a text that Windows' Notepad opens as UTF-8 too."""
    plain = [unicodedata.normalize("NFC", one) for one in lines]
    return (MARK + "\r\n".join(plain) + "\r\n").encode()


def _put(path: Path, data: bytes) -> None:
    path.write_bytes(data)
