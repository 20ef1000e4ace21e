"""Files on the command line: ``python -m layers export CAMPAIGN WHAT … -o FILE``.

WHAT is ``proposals``, ``communities``, ``hotspots`` or ``layer NAME`` (one of the map's own, or the
number of an uploaded one), several of them where the form holds several. The form is that of the
file's ending, the coordinate system that of ``--crs``. What narrows a view narrows a file. Only
what is published leaves. Bad input ends with exit code 2 and one line on stderr.
"""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import geopandas as gpd
import pandas as pd
from sqlalchemy.orm import Session

from analysis import selection
from analysis.export.communities import community_frame
from analysis.export.hotspots import hotspot_frame
from analysis.export.proposal_text import csv_blocks, feature_blocks
from analysis.export.proposals import proposal_frames
from analysis.filter import ANSWER, Filter, check_names, read_filter
from analysis.filter_sql import check
from analysis.selection import Selection, count
from analysis.significance.hotspot_verdicts import hotspot_verdicts
from core.database import Database
from core.errors import BadFileError, LuJianError, NotAllowedError, NotFoundError
from core.language import DEFAULT, LANGUAGES, translations, words_in
from core.settings import get_settings
from core.startup import command, ready_database
from geo.crs import WGS84
from geo.writing.feature_text import collection_of
from geo.writing.file_layer import FileLayer, Progress
from geo.writing.forms import FORMS, Form, default_system, form_by_ending, form_for, write_file
from geo.writing.geojson import write_whole
from geo.writing.target_systems import TargetSystem, system_for
from layers import built_in
from layers.effective import standing
from layers.queries import columns_for, layer_frame, layer_seen
from people.access.actor import Actor
from submissions.proposals.queries import CampaignView, campaign_by_slug
from wording.error_messages import sentence_of
from wording.files.file_words import file_notes
from wording.files.selection_layers import KINDS, map_layer, selection_layer, uploaded_layer

_LAYER = "layer"
#: The parameters of a view's filter, as options of this command.
_ONE = ("from", "to", "answered", "photo", "supports", "text", "area", "hotspot")
_SEVERAL = ("category", "relation", "community", "theme")
_PUBLIC = Actor()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    return command(lambda: _run(options))


def _run(options: argparse.Namespace) -> int:
    try:
        _check_output(options.output)
        gc.freeze()  # what is loaded by now stays: nobody need look through it again and again
        with ready_database(get_settings().sqlalchemy_url) as database:
            _Export(database, options).write()
    except BadFileError as problem:
        print(problem.params.get("reason") or problem, file=sys.stderr)
        return 2
    except NotFoundError as problem:
        print("There is no", *problem.params.values(), file=sys.stderr)
        return 2
    except LuJianError as problem:
        print(sentence_of(problem, translations("en")), file=sys.stderr)
        return 2
    except ValueError as problem:  # the address of the database, or what a form cannot hold
        print(str(problem).splitlines()[0], file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m layers", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="export")
    export = commands.add_parser("export", help="write layers to a file", description=__doc__)
    export.add_argument("campaign", metavar="CAMPAIGN", help="its slug")
    export.add_argument("what", nargs="+", metavar="WHAT", help=f"{', '.join(KINDS)}, layer NAME")
    export.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")
    export.add_argument("--format", choices=list(FORMS), help="if the ending does not say it")
    export.add_argument("--crs", default="", help="EPSG:4326, EPSG:4490, EPSG:4548 …, GCJ-02")
    export.add_argument("--language", choices=list(LANGUAGES), default=DEFAULT)
    export.add_argument("--radius-m", type=float, default=50.0, help="of hotspots; default: 50")
    export.add_argument("--min-proposals", type=int, default=5, help="of a hotspot; default: 5")
    narrow = export.add_argument_group("what narrows them, as in the address of a view")
    narrow.add_argument("--view", default="", metavar="QUERY", help="all of it: category=…&from=…")
    for name in _SEVERAL:
        narrow.add_argument(f"--{name}", action="append", default=[], help="repeat for more")
    for name in _ONE:
        narrow.add_argument(f"--{name}", default="", dest=f"only_{name}")
    narrow.add_argument("--answer", action="append", default=[], metavar="QUESTION=ANSWER")
    return parser


def _check_output(path: Path) -> None:
    if not path.resolve().parent.is_dir():
        raise BadFileError(reason=f"{path}: its folder does not exist")
    if path.is_dir():
        raise BadFileError(reason=f"{path}: is a folder")


def _form(options: argparse.Namespace) -> Form:
    if options.format:
        return form_for(options.format)
    name = options.output.name.lower()
    endings = sorted((form.ending for form in FORMS.values()), key=len, reverse=True)
    found = next((one for one in endings if name.endswith(f".{one}")), "")
    return form_by_ending(found or name.rpartition(".")[2])


def _narrow(options: argparse.Namespace) -> Filter:
    """Return the filter of the options. Raises ``UnknownParameterError``, ``InvalidError``."""
    pairs = parse_qsl(options.view.removeprefix("?"), keep_blank_values=True)
    check_names([name for name, _value in pairs], [*_SEVERAL, *_ONE])
    pairs += [(name, value) for name in _SEVERAL for value in getattr(options, name)]
    pairs += [(name, getattr(options, f"only_{name}")) for name in _ONE]
    for answer in options.answer:
        question, _equals, value = answer.partition("=")
        pairs.append((f"{ANSWER}{question}", value))
    made = [("radius_m", str(options.radius_m)), ("min_proposals", str(options.min_proposals))]
    return read_filter([*pairs, *(made if any(name == "hotspot" for name, _v in pairs) else ())])


class _Export:
    """Writes what is asked for; tells on stderr how far it is."""

    def __init__(self, database: Database, options: argparse.Namespace) -> None:
        self._database, self._options = database, options
        self._form, self._lang = _form(options), options.language
        with database.reading() as session:
            self._campaign = campaign_by_slug(session, options.campaign)
        narrow = _narrow(options)
        check(self._campaign, narrow, _PUBLIC)
        if narrow.statuses:
            raise NotAllowedError(action="export_unpublished")
        self._chosen = Selection(self._campaign, narrow, _PUBLIC)
        self._system = self._wanted_system()
        self._form.check_system(self._system)

    def _wanted_system(self) -> TargetSystem:
        if self._options.crs:
            return system_for(self._options.crs)
        west, _south, east, _north = self._campaign.area.bounds
        return default_system(self._form, float((west + east) / 2))

    def write(self) -> None:
        """Write the file, whole or not at all."""
        what, path = list(self._asked()), self._options.output
        if what == [("proposals", "")] and self._form.name in {"geojson", "csv"}:
            write_whole(path, self._streamed())
        else:
            layers = [self._layer(kind, name) for kind, name in what]
            if len(layers) > 1 and not self._form.many:
                raise ValueError(f"a {self._form.name} file holds one layer: ask for one of them")
            write_file(
                layers,
                path,
                self._form.name,
                system=self._system,
                notes=self._notes(layers),
                progress=_shown("writing"),
            )
        print(f"{path}: {path.stat().st_size / 1e6:.1f} MB, {self._system.code}", file=sys.stderr)

    def _asked(self) -> Iterator[tuple[str, str]]:
        words = iter(self._options.what)
        for word in words:
            if word == _LAYER:
                name = next(words, "")
                if not name:
                    raise BadFileError(reason="layer: of which name, or which number?")
                yield _LAYER, name
            elif word in KINDS:
                yield word, ""
            else:
                raise BadFileError(reason=f"{word}: none of {', '.join(KINDS)}, layer NAME")

    def _streamed(self) -> Iterator[bytes | memoryview]:
        """Yield the text of proposals part by part."""
        with self._database.reading() as session:
            if self._form.name == "geojson":
                head = {"campaign": self._campaign.slug, "edition": self._campaign.edition}
                head |= {"licence": get_settings().licence}
                features = feature_blocks(session, self._chosen)
                yield from collection_of(self._told(session, features), head)
                return
            yield from self._told(session, csv_blocks(session, self._chosen, self._system))

    def _told(self, session: Session, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """Yield the blocks, and tell how far they are: a line of text for each proposal."""
        all_of_them, done, tell = count(session, self._chosen), 0, _shown("writing")
        for block in blocks:
            yield block
            done += block.count(b"\n")
            tell(min(1.0, done / max(all_of_them, 1)))

    def _layer(self, kind: str, name: str) -> FileLayer:
        if kind == _LAYER:
            return self._other_layer(name)
        frame = {
            "proposals": self._proposals,
            "communities": lambda: community_frame(self._database, self._chosen),
            "hotspots": self._hotspots,
        }[kind]()
        return selection_layer(kind, self._campaign, frame, self._lang)

    def _proposals(self) -> gpd.GeoDataFrame:
        tell, parts, read = _shown("reading"), [], 0
        with self._database.reading() as session:
            count = selection.count(session, self._chosen)
            for part in proposal_frames(session, self._chosen):
                parts.append(part)
                read += len(part)
                tell(read / max(count, 1))
        return pd.concat(parts, ignore_index=True)

    def _hotspots(self) -> gpd.GeoDataFrame:
        made: dict[str, Any] = {
            "radius_m": self._options.radius_m,
            "min_proposals": self._options.min_proposals,
        }
        verdicts = hotspot_verdicts(self._database, self._chosen, **made)
        return hotspot_frame(self._database, self._chosen, verdicts=verdicts, **made)

    def _other_layer(self, name: str) -> FileLayer:
        with self._database.reading() as session:
            if name.isdigit():
                found = layer_seen(session, _PUBLIC, int(name))
                columns = columns_for(found, all_columns=False)
                return uploaded_layer(found, layer_frame(session, found, columns), self._lang)
            return _of_the_map(session, self._campaign, name, self._lang)

    def _notes(self, layers: Sequence[FileLayer]) -> list[str]:
        title = str(words_in(self._campaign.texts, self._lang)["title"])
        return file_notes(
            f"{title}: {', '.join(layer.title for layer in layers)}",
            self._system,
            translations(self._lang),
            made=datetime.now(UTC),
            licence=get_settings().licence,
            query=self._chosen.narrow.query(),
        )


def _of_the_map(session: Session, campaign: CampaignView, name: str, lang: str) -> FileLayer:
    made_of = standing(session, campaign.subdistrict, campaign.area)
    features = made_of.features(session, name)
    frame = gpd.GeoDataFrame.from_features(features, crs=WGS84)
    return map_layer(built_in.layer_named(name), frame, lang)


def _shown(what: str) -> Progress:
    """Return what tells on stderr each tenth of a long work; nothing of a short one."""
    told = [0]

    def tell(done: float) -> None:
        tenths = int(done * 10)
        if tenths > told[0]:
            told[0] = tenths
            if sys.stderr.isatty():
                print(f"{what}: {tenths * 10} %", file=sys.stderr)

    return tell
