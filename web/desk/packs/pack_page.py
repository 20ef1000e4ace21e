"""One pack at the desk: its versions, who got it and took it, questions, schemes."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response
from sqlalchemy.orm import Session

from core.language import LANGUAGES
from layers.built_in import CATALOGUE
from packs import links, questions, schemes, versions
from packs.packs import PackView, pack_named, pack_row
from packs.states import UNDER_WAY, VersionState
from packs.versions import VersionView
from people.access.permissions import Act
from serving.guards import desk
from serving.parameters import Number
from serving.visit import Reader, Visit, now
from submissions.proposals.queries import campaign_by_id
from web import presenters
from web.desk.frame import desk_page
from web.desk.packs.packs_pages import PATH
from wording import formatting
from wording.packs import desk_words

router = APIRouter(dependencies=[desk(Act.GIVE_PACK)])
DAYS, MOST_DOWNLOADS = 30, 200
UNKEPT = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}
_CATALOGUE = {one.name: one.title for one in CATALOGUE}


@router.get("/desk/packs/{pack_id}", response_class=HTMLResponse)
def pack(here: Reader, pack_id: Number) -> Response:
    """Show a pack; a script is told in figures how far its version is."""
    return pack_page(here, pack_id)


def pack_page(
    here: Visit,
    pack_id: int,
    *,
    status: int = 200,
    problems: dict[str, str] | None = None,
    typed: dict[str, Any] | None = None,
    link: str = "",
) -> Response:
    """Return the page; ``link``: the address of a link, told this once.

    Raises ``NotFoundError`` for who may not give the pack.
    """
    moment = now()
    with here.room.database.reading() as session:
        found = pack_named(session, here.actor, pack_id)
        made = versions.versions(session, pack_id)
        if here.wants_json:
            return _progress(here, made)
        campaign = campaign_by_id(session, found.campaign_id)
        given = links.links(session, pack_id, now=moment)
        taken = links.downloads(session, pack_id)
        asked = questions.questions(session, pack_id=pack_id)
        sent = schemes.schemes(session, pack_id=pack_id)
        accounts = links.firm_accounts(session, now=moment)
        shown = version_rows(here, pack_id, made, session)
    firms = {one.id: one.firm for one in given}
    form = {"firm": "", "days": str(DAYS), "contact": "", "account": "", "language": here.lang}
    return desk_page(
        here,
        "pack.html",
        room="packs",
        status=status,
        pack=found,
        address=f"{PATH}/{pack_id}",
        of=desk_words.origin_words(here.words)[found.origin],
        campaign=presenters.title(here, campaign),
        source=_source_address(found, campaign.slug),
        versions=shown,
        system=desk_words.crs_words(here.words, found.system),
        inside=inside_words(here, made),
        going=made[0] if made and made[0].state in set(UNDER_WAY) else None,
        links=[_link(here, one) for one in given],
        downloads=[
            {"firm": firms[one.link_id], "number": one.number, "at": one.at}
            for one in taken[:MOST_DOWNLOADS]
        ],
        questions=asked,
        schemes=[
            scheme_words(here, one) | {"address": f"{PATH}/{pack_id}/schemes/{one.id}"}
            for one in sent
        ],
        accounts=accounts,
        languages=LANGUAGES,
        writes=bool(here.room.channels) and here.room.sealer is not None,
        link=link,
        problems={"version": "", "link": ""} | (problems or {}),
        typed=form | (typed or {}),
        token=uuid4().hex,
    )


@router.get("/desk/packs/{pack_id}/versions/{number}.zip", response_class=FileResponse)
def file(here: Reader, pack_id: Number, number: Number) -> Response:
    """Give the file of a version to who gives it."""
    with here.room.database.reading() as session:
        pack_row(session, here.actor, pack_id)
        found = versions.ready_version(session, pack_id, number)
    return pack_file(here, found)


def pack_file(here: Visit, version: VersionView) -> FileResponse:
    """Return the file of a version, of which a part can be asked for (Range)."""
    path = here.room.packs.path(version.file)
    name = f"lujian-pack-{version.pack_id}-v{version.number}.zip"
    headers = {**UNKEPT, "ETag": f'"{version.digest}"'}
    return FileResponse(path, media_type="application/zip", filename=name, headers=headers)


def version_rows(
    here: Visit, pack_id: int, made: list[VersionView], session: Session, *, public: bool = False
) -> list[dict[str, Any]]:
    """Return the versions as a page shows them, each with what is different from the one before."""
    states = desk_words.version_states(here.words)
    ready = [one for one in made if one.state in {VersionState.READY, VersionState.WITHDRAWN}]
    rows = []
    for one in ready if public else made:
        older = [two.number for two in ready if two.number < one.number]
        told = one in ready and older
        differ = versions.changes(session, pack_id, older[0], one.number) if told else []
        problem = desk_words.problem_words(here.words, one.problem) if one.problem else ""
        rows.append(
            {
                "number": one.number,
                "key": one.state,
                "state": states[one.state],
                "size": desk_words.size_words(one.size, here.lang) if one.size else "",
                "made": one.ended or one.created,
                "by": one.by,
                "digest": one.digest,
                "problem": problem,
                "there": one.state == VersionState.READY,
                "going": one.state in set(UNDER_WAY),
                "through": round(100 * one.progress),
                "before": older[0] if told else 0,
                "changes": [
                    (
                        desk_words.layer_title(each.layer, here.lang, _CATALOGUE),
                        desk_words.change_words(
                            here.words, here.lang, each.added, each.gone, each.changed
                        ),
                    )
                    for each in differ
                ],
            }
        )
    return rows


def inside_words(here: Visit, made: list[VersionView]) -> list[tuple[str, str]]:
    """Return what is in the latest version that can be taken: layers, each with how many things."""
    latest = next((one for one in made if one.state == VersionState.READY), None)
    layers = {} if latest is None else latest.manifest.get("layers", {})
    return [
        (
            desk_words.layer_title(name, here.lang, _CATALOGUE),
            formatting.number(one["things"], here.lang),
        )
        for name, one in layers.items()
    ]


def scheme_words(here: Visit, one: schemes.SchemeView) -> dict[str, Any]:
    """Return a scheme as a page shows it."""
    told = [desk_words.away_words(here.words, here.lang, one.away_m)]
    measured = one.area_m2 or 0.0, one.length_m or 0.0
    told += desk_words.scheme_measures(here.words, here.lang, *measured)
    if one.crs:
        told.append(desk_words.crs_words(here.words, one.crs))
    return {
        "id": one.id,
        "firm": one.firm,
        "name": one.file_name,
        "size": desk_words.size_words(one.size, here.lang),
        "note": one.note,
        "key": one.state,
        "state": desk_words.scheme_states(here.words)[one.state],
        "word": one.word,
        "by": one.by,
        "sent": one.sent,
        "told": [line for line in told if line],
        "layer": one.layer_id,
        "pdf": bool(one.file),
    }


def _link(here: Visit, one: links.LinkView) -> dict[str, Any]:
    return {
        "id": one.id,
        "firm": one.firm,
        "key": str(one.state),
        "state": desk_words.link_states(here.words)[one.state],
        "expires": one.expires,
        "accepted": one.accepted,
        "accepted_by": one.accepted_by,
        "written": one.written,
        "account": one.account,
        "by": one.by,
    }


def _source_address(found: PackView, slug: str) -> str:
    """Return where what a pack is of is shown."""
    if found.topic_id is not None:
        return f"/w/desk/review/topics/{found.topic_id}"
    return f"/planner?campaign={slug}&{found.query}"


def _progress(here: Visit, made: list[VersionView]) -> JSONResponse:
    """Tell a script how far the latest version is."""
    latest = made[0]
    state = desk_words.version_states(here.words)[latest.state]
    share = formatting.percent(latest.progress, here.lang)
    going = latest.state in set(UNDER_WAY)
    told = {"state": state, "said": share, "open": going, "total": 100}
    return JSONResponse({**told, "through": round(100 * latest.progress)})
