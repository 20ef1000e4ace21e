"""Posters and cards on the server: ``python -m printing poster|cards SLUG --base ADDRESS -o FILE``.

They read the database of LUJIAN_DATABASE_URL. Bad input ends with exit code 2 and one line on
stderr.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from core.database import Database
from core.errors import BadFileError, InvalidError, LuJianError
from core.language import LANGUAGES, translations
from core.settings import get_settings
from core.startup import command, ready_database
from layers.basemap import ground
from people.office.office import office_of
from printing.card_places import CARD_LAYERS, places_of_layer, places_outside, read_places
from printing.cards import cards_pdf
from printing.links import CardPlace
from printing.poster import poster_pdf
from submissions.proposals.queries import CampaignView, campaign_by_slug
from wording.office.office_words import office_line


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    return command(lambda: _run(options))


def _run(options: argparse.Namespace) -> int:
    try:
        with ready_database(get_settings().sqlalchemy_url) as database:
            made = options.make(database, options)
        _write(options.output, made)
    except (LuJianError, ValueError) as error:
        reason = error.params.get("reason") if isinstance(error, LuJianError) else None
        print(reason or str(error).splitlines()[0], file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m printing", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    poster = commands.add_parser("poster", help="one A4 page that asks people to take part")
    poster.add_argument(
        "--office", default="", metavar="LINE", help="who asks, at the foot; default: the office"
    )
    cards = commands.add_parser("cards", help="a QR card for each place, eight to an A4 page")
    where = cards.add_mutually_exclusive_group(required=True)
    where.add_argument("--places", type=Path, metavar="FILE", help="CSV or GeoJSON, WGS 84")
    where.add_argument("--layer", choices=CARD_LAYERS, help="the places of a layer of the map")
    for parsed, make in ((poster, _poster), (cards, _cards)):
        parsed.add_argument("slug", help="the campaign's name in addresses")
        parsed.add_argument(
            "--base", default="", metavar="ADDRESS", help="https://…; default: LUJIAN_PUBLIC_URL"
        )
        parsed.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")
        parsed.add_argument("--language", choices=tuple(LANGUAGES), default="zh_CN")
        parsed.set_defaults(make=make)
    return parser


def _poster(database: Database, options: argparse.Namespace) -> bytes:
    campaign, body = _campaign(database, options.slug)
    return poster_pdf(
        campaign,
        body,
        base_url=_base(options),
        language=options.language,
        office=options.office or _office(database, options.language),
    )


def _cards(database: Database, options: argparse.Namespace) -> bytes:
    campaign, body = _campaign(database, options.slug)
    if options.layer:
        places = places_of_layer(options.layer, body, campaign.area, options.language)
    else:
        places = _inside(read_places(options.places), campaign)
    return cards_pdf(
        campaign,
        places,
        base_url=_base(options),
        language=options.language,
        office=_office(database, options.language),
    )


def _office(database: Database, lang: str) -> str:
    with database.reading() as session:
        office = office_of(session, get_settings())
    return office_line(office, translations(lang), lang)


def _inside(places: list[CardPlace], campaign: CampaignView) -> list[CardPlace]:
    outside = places_outside(places, campaign.area)
    if outside:
        names = ", ".join(place.name for place in outside[:5])
        raise BadFileError(reason=f"{len(outside)} places lie outside the campaign's area: {names}")
    return places


def _campaign(database: Database, slug: str) -> tuple[CampaignView, bytes]:
    with database.reading() as session:
        campaign = campaign_by_slug(session, slug)
        found = ground(session, campaign.edition, campaign.area, subdistrict=campaign.subdistrict)
        return campaign, found.body


def _base(options: argparse.Namespace) -> str:
    base = str(options.base or get_settings().public_url)
    if not base.startswith(("https://", "http://")):
        raise InvalidError(reason="give --base https://… or set LUJIAN_PUBLIC_URL")
    return base


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise BadFileError(reason=f"{path}: {error.strerror}") from error


if __name__ == "__main__":
    raise SystemExit(main())
