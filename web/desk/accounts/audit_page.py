"""The audit trail at the desk: filtered by what the address says, checked, taken away as a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from analysis.filter import check_names
from core.dates import end_of_day, start_of_day
from moderation import audit_trail
from people.access.permissions import Act
from people.audit.export import csv_of, exported, json_lines_of
from people.audit.query import ActorKind, AuditEntryView, AuditFilter
from people.audit.sealer import Checked, watch_of
from serving import streaming
from serving.guards import desk
from serving.visit import Reader, Visit, now
from submissions.proposals.receipt_codes import is_public_id
from web.desk.frame import desk_page
from wording import audit_trail as words_of
from wording import formatting

router = APIRouter(dependencies=[desk(Act.SEE_AUDIT)])
ADDRESS = "/w/desk/audit"
NAMES = ("person", "kind", "action", "campaign", "proposal", "since", "until", "text")
MOST_TYPED = 80
PIECE = 64_000
FILES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}


@dataclass(frozen=True)
class AuditFilterFields:
    """The filters as they stand in the address; what makes no sense in them is left out."""

    values: dict[str, str]
    asked: AuditFilter

    def address(self, path: str = ADDRESS, **changes: str) -> str:
        """Return an address with these filters and some changes; empty ones are left out."""
        given = {name: value for name, value in {**self.values, **changes}.items() if value}
        return f"{path}?{urlencode(given)}" if given else path


@router.get("/desk/audit", response_class=HTMLResponse)
def the_trail(here: Reader) -> Response:
    """Show one page of the trail, newest first."""
    typed = typed_in(here)
    before = here.request.query_params.get("before", "")
    with here.room.database.reading() as session:
        found = audit_trail.trail_of(
            session,
            here.actor,
            typed.asked,
            campaign=typed.values["campaign"],
            proposal=typed.values["proposal"],
            before=int(before) if before.isdecimal() and len(before) < 18 else None,
        )
        campaigns = audit_trail.campaigns_in_trail(session, here.actor)
    offered = _offered(here, campaigns)
    return desk_page(
        here,
        "audit.html",
        room="audit",
        typed=typed,
        offered=offered,
        quick=_quick(here, typed),
        days=_days(here, typed, found.entries, dict(offered["campaigns"])),
        older=typed.address(before=str(found.further)) if found.further is not None else "",
        newest=typed.address() if before else "",
        everything=ADDRESS if any(typed.values.values()) else "",
        checked=_checked(here, watch_of(here.room.database).checked),
        files={kind: typed.address(f"{ADDRESS}/export.{kind}") for kind in FILES},
    )


@router.post("/desk/audit/export.{kind}")
def export(here: Reader, kind: Literal["csv", "jsonl"]) -> Response:
    """Give all that the address asks for as a file; that it was taken away is recorded."""
    typed, moment = typed_in(here), now()
    begun = here.write(
        audit_trail.start_export,
        typed.asked,
        campaign=typed.values["campaign"],
        proposal=typed.values["proposal"],
        kind=kind,
        now=moment,
    )
    entries = exported(here.room.database, begun)
    lines = (
        csv_of(entries, lambda entry: words_of.said(here.words, entry.action))
        if kind == "csv"
        else json_lines_of(begun, entries)
    )
    name = f"trail-{moment:%Y%m%d-%H%M}.{kind}"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "private, no-store",
    }
    pieces = streaming.begun(_in_pieces(lines), first=1)
    return StreamingResponse(pieces, media_type=FILES[kind], headers=headers)


@router.post("/desk/audit/check")
def check(here: Reader) -> Response:
    """Walk along the chain of seals from its beginning; a long one is finished by and by."""
    watch_of(here.room.database).check(now=now())
    return RedirectResponse(typed_in(here).address(), status_code=303)


def typed_in(here: Visit) -> AuditFilterFields:
    """Read the filters of an address; days are those of Beijing, both of them included."""
    given = here.request.query_params
    check_names(given, (*NAMES, "before"))
    values = {name: given.get(name, "").replace("\0", "").strip()[:MOST_TYPED] for name in NAMES}
    first, last = _day(values["since"]), _day(values["until"])
    if values["kind"] not in set(ActorKind):
        values["kind"] = ""
    asked = AuditFilter(
        person=values["person"],
        kind=values["kind"],
        action=values["action"],
        since=start_of_day(first) if first else None,
        until=end_of_day(last) if last else None,
        text=values["text"],
    )
    values |= {"since": values["since"] if first else "", "until": values["until"] if last else ""}
    return AuditFilterFields(values, asked)


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None


def _offered(here: Visit, campaigns: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    titles = [
        (slug, here.said({lang: said.get("title", "") for lang, said in texts.items()}))
        for slug, texts in campaigns
    ]
    return {
        "kinds": [(str(key), name) for key, name in words_of.kind_words(here.words).items()],
        "actions": words_of.action_groups(here.words),
        "campaigns": titles,
    }


def _quick(here: Visit, typed: AuditFilterFields) -> list[dict[str, Any]]:
    """Return what is looked for most, by one tap each: its name, its address, whether it is on."""
    _ = here.words.gettext
    today = now().astimezone(formatting.BEIJING).date()
    week = {"since": (today - timedelta(days=6)).isoformat(), "until": today.isoformat()}
    wanted = [
        (_("Today"), week | {"since": today.isoformat()}),
        (_("The last seven days"), week),
        (_("By staff alone"), {"kind": str(ActorKind.ACCOUNT)}),
    ]
    told = []
    for name, changes in wanted:
        on = all(typed.values[key] == value for key, value in changes.items())
        address = typed.address(**(dict.fromkeys(changes, "") if on else changes))
        told.append({"name": name, "address": address, "on": on})
    return told


def _days(
    here: Visit, typed: AuditFilterFields, entries: Sequence[AuditEntryView], titles: dict[str, str]
) -> list[dict[str, Any]]:
    """Return the entries under their days, in their order."""
    days = groupby(entries, key=lambda entry: formatting.day(entry.at, here.lang))
    return [
        {"name": day, "rows": [_row(here, typed, entry, titles) for entry in of_day]}
        for day, of_day in days
    ]


def _row(
    here: Visit, typed: AuditFilterFields, entry: AuditEntryView, titles: dict[str, str]
) -> dict[str, Any]:
    words = here.words
    return {
        "id": entry.id,
        "at": formatting.second(entry.at, here.lang),
        "iso": entry.at.isoformat(),
        "who": words_of.who_words(words, entry),
        "login": entry.login,
        "said": words_of.said(words, entry.action),
        "campaign": titles.get(entry.campaign) or entry.campaign,
        "proposal": entry.proposal,
        "page": f"/w/desk/queue/{entry.proposal}" if is_public_id(entry.proposal) else "",
        "only_person": typed.address(person=entry.login) if entry.login else "",
        "only_campaign": typed.address(campaign=entry.campaign),
        "only_proposal": typed.address(proposal=entry.proposal),
        "before": words_of.value_words(words, entry.before),
        "after": words_of.value_words(words, entry.after),
        "why": entry.why,
        "more": words_of.more_words(words, entry),
    }


def _checked(here: Visit, checked: Checked | None) -> dict[str, Any]:
    """Return in words what is known about the chain; ``problem``: what is wrong with it."""
    _, lang = here.words.gettext, here.lang
    if checked is None:
        return {"said": _("Not checked yet."), "problem": "", "digest": "", "more": []}
    verdict = checked.verdict
    problem = words_of.finding_words(here.words, verdict.finding) if verdict.finding else ""
    said = _("Checked {at}: unbroken until {until}, {n} entries.")
    if not checked.whole:
        said = _("The check is under way. {at}: unbroken so far until {until}, {n} entries.")
    if verdict.newest is None:
        said = _("Checked {at}: nothing is sealed yet.")
    told = said.format(
        at=formatting.moment(checked.at, lang),
        until=formatting.moment(verdict.newest.at, lang) if verdict.newest else "",
        n=formatting.number(verdict.entries, lang),
    )
    more = []
    if verdict.unsealed:
        waiting = _("{n} newer entries are not sealed yet.")
        more.append(waiting.format(n=formatting.number(verdict.unsealed, lang)))
    if not verdict.guarded:
        more.append(_("The database does not refuse changes of the trail any more."))
    digest = verdict.newest.digest if verdict.newest else ""
    return {"said": told, "problem": problem, "digest": digest, "more": more}


def _in_pieces(lines: Iterable[str]) -> Iterator[bytes]:
    """Join lines, so that not each of them is sent on its own."""
    held: list[str] = []
    size = 0
    for line in lines:
        held.append(line)
        size += len(line)
        if size >= PIECE:
            yield "".join(held).encode("utf-8", "replace")
            held, size = [], 0
    yield "".join(held).encode("utf-8", "replace")
