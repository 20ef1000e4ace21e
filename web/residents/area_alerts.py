"""Area alerts: the form, the feed of an area, and the page that a letter's link opens."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from anyio import to_thread
from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from analysis import area_listing
from core import errors
from layers.export.geojson import timestamp
from notifications import contacts
from people.access.rate_limit import LimitKind
from serving import attempts
from serving.errors import status_of
from serving.guards import DEVICE, PUBLIC, kept_by
from serving.parameters import Number
from serving.visit import Reader, Visit, now, visit
from submissions.alerts import alerts
from submissions.alerts.alerts import AlertState, AlertView
from submissions.proposals import queries
from submissions.proposals.queries import CampaignView
from web import presenters
from web.residents import alert_form
from web.residents.alert_form import AskedAlert
from web.residents.campaign_page import IN_FEED, answer_entry, atom, proposal_entry
from web.residents.proposal_page import contact_label
from wording import error_messages
from wording.letters import alert_letters

router = APIRouter()
Token = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{20,64}$")]
MOST_FIELDS = 40
#: When a feed without entries was last changed.
_BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


@router.get("/alerts/new", response_class=HTMLResponse, dependencies=[PUBLIC])
def new(here: Reader) -> Response:
    """Offer an alert; the address may name a campaign, a community, or a place and a radius."""
    return _form(here, alert_form.read(here.request.query_params))


async def _form_again(request: Request, error: errors.LuJianError) -> Response:
    """Show the form as it was filled in."""
    asked = alert_form.read(await request.form(max_files=0, max_fields=MOST_FIELDS))
    return await to_thread.run_sync(_refused, visit(request), asked, error)


@router.post("/alerts/new", dependencies=[DEVICE])
@kept_by(_form_again)
async def ask(here: Reader, request: Request) -> Response:
    """Ask the owner of an address whether they want the letters, or lead to the feed."""
    sent = await request.form(max_files=0, max_fields=MOST_FIELDS)
    asked, wants_feed = alert_form.read(sent), sent.get("act") == "feed"
    return await to_thread.run_sync(_take, here, asked, wants_feed)


def _take(here: Visit, asked: AskedAlert, wants_feed: bool) -> Response:
    campaign = _campaign(here)
    if places := alert_form.candidates(here, campaign, asked):
        return _form(here, asked, places=places)
    try:
        with here.room.database.reading() as session:
            area = alert_form.area_of(session, campaign, asked)
        if wants_feed:
            return RedirectResponse(alert_form.feed_address(area, campaign), status_code=303)
        contacts.check_channel(asked["contact"], here.room.channels)
        with attempts.attempt(here, LimitKind.FOLLOW):
            here.write(
                alerts.ask,
                here.room.sealer,
                area,
                asked["contact"],
                consent=bool(asked["consent"]),
                answers=bool(asked["answers"]),
                language=here.lang,
                base=here.room.settings.public_url.rstrip("/"),
                now=now(),
            )
    except errors.LuJianError as error:
        return _refused(here, asked, error)
    back = urlencode({"campaign": campaign.slug, "said": "asked"})
    return RedirectResponse(f"/w/alerts/new?{back}", status_code=303)


def _refused(here: Visit, asked: AskedAlert, error: errors.LuJianError) -> HTMLResponse:
    said = error_messages.sentence_of(error, here.words)
    if isinstance(error, errors.BadCoordinateError) and not asked.is_placed:
        said = here.words.gettext("Please say which place you mean: on the map, or by its name.")
    if isinstance(error, errors.NotFoundError):
        said = here.words.gettext("Please choose a community.")
    return _form(here, asked, problem=said, status=status_of(error))


def _campaign(here: Visit) -> CampaignView:
    """Return the campaign of the page, the newest without one. Raises ``NotFoundError``."""
    slug = here.request.query_params.get("campaign", "")
    with here.room.database.reading() as session:
        if slug:
            return queries.campaign_by_slug(session, slug)
        found = queries.list_campaigns(session)
    if not found:
        raise errors.NotFoundError(kind="campaign")
    return found[-1]


def _form(
    here: Visit,
    asked: AskedAlert,
    *,
    problem: str = "",
    places: list[dict[str, Any]] | None = None,
    status: int = 200,
) -> HTMLResponse:
    campaign = _campaign(here)
    return here.page(
        "alert_new.html",
        status=422 if places else status,
        campaign=presenters.campaign_words(here, campaign),
        form=alert_form.shown(here, campaign, asked),
        places=places or [],
        problem=problem,
        asked=here.request.query_params.get("said") == "asked",
        contact_label=contact_label(here),
        map=presenters.the_map(here, campaign, placing=True),
    )


@router.get("/feed.atom", dependencies=[PUBLIC])
def feed(here: Reader) -> Response:
    """Return the newest proposals and answers of a community, or around a place, as Atom.

    ``?community=CODE``, or ``?at=LON,LAT&radius=METRES`` in WGS 84. Of all campaigns.
    """
    asked = alert_form.read(here.request.query_params)
    with here.room.database.reading() as session:
        area = alert_form.area_of_address(session, asked)
        told = alerts.told(session, area)
        campaigns = {one.id: one for one in queries.list_campaigns(session)}
        newest = area_listing.newest_proposals(session, area, most=IN_FEED)
        answers = area_listing.newest_outcomes(session, area, most=IN_FEED)
    entries = [
        proposal_entry(here, campaigns[view.campaign_id], view)
        for view in newest
        if view.campaign_id in campaigns
    ]
    entries += [
        answer_entry(here, campaigns[one.view.campaign_id], one)
        for one in answers
        if one.view.campaign_id in campaigns
    ]
    entries.sort(key=lambda entry: entry["updated"], reverse=True)
    name = urlencode(alert_form.address_of(area))
    page = {
        "title": alert_letters.area_words(here.words, here.lang, told),
        "question": here.words.gettext("New proposals, and the office's answers"),
        "url": f"{here.base_url}/w/alerts/new?{name}",
    }
    body = here.fragment(
        "feed.atom",
        campaign=page,
        entries=entries,
        updated=entries[0]["updated"] if entries else timestamp(_BEGINNING),
        links={"self": f"{here.base_url}/w/feed.atom?{name}"},
    )
    return atom(here, body)


@router.get("/alerts/{token}", response_class=HTMLResponse, dependencies=[PUBLIC])
def show(here: Reader, token: Token) -> Response:
    """Show what the holder of a letter gets, with buttons: a link that is followed says no yes."""
    return _managed(here, token)


@router.post("/alerts/{token}", response_class=HTMLResponse, dependencies=[PUBLIC])
def act(
    here: Reader,
    token: Token,
    act: Annotated[str, Form(max_length=20)] = "",
    which: Annotated[int | None, Form(ge=1, le=2**62)] = None,
) -> Response:
    """Say yes, or stop one; a mail program's one-click unsubscribing (RFC 8058) stops all."""
    write, moment = here.room.database.write, now()
    if act == "confirm":
        write(lambda session: alerts.confirm(session, token, now=moment))
        return RedirectResponse(f"/w/alerts/{token}", status_code=303)
    if act == "stop":
        rest = _others(here, token, which)
        write(lambda session: alerts.stop(session, token, which, now=moment))
        if rest:
            return RedirectResponse(f"/w/alerts/{rest[0].token}?said=stopped", status_code=303)
    else:
        write(lambda session: alerts.stop_all(session, token, now=moment))
    return _managed(here, token)


@router.post("/mine/alerts/{number}", dependencies=[DEVICE])
def stop_mine(here: Reader, number: Number) -> Response:
    """Stop an alert that was asked for on this device."""
    here.write(alerts.stop_here, number, now=now())
    return RedirectResponse("/w/mine", status_code=303)


def _others(here: Visit, token: str, which: int | None) -> list[AlertView]:
    with here.room.database.reading() as session:
        found = alerts.alerts_by_token(session, token, now())
    gone = found[0].id if which is None else which
    return [one for one in found if one.id != gone and one.state is AlertState.CONFIRMED]


def _managed(here: Visit, token: str) -> HTMLResponse:
    _ = here.words.gettext
    with here.room.database.reading() as session:
        found = alerts.alerts_by_token(session, token, now())
        told = [alerts.told(session, one.area) for one in found]
    state = found[0].state
    said = {
        AlertState.ASKED: _("Somebody, probably you, asked us to tell you what is new here:"),
        AlertState.CONFIRMED: _("We write to you when there is something new here:"),
        AlertState.STOPPED: _(
            "You get no more letters about this, and what you asked for has been removed."
        ),
        AlertState.EXPIRED: _("This request has lapsed, as nobody confirmed it within a week."),
    }[state]
    if here.request.query_params.get("said") == "stopped":
        said = _("That one has been stopped. We still write to you about:")
    return here.page(
        "alert.html",
        token=token,
        said=said,
        state=str(state),
        rows=[_row(here, one, area) for one, area in zip(found, told, strict=True)]
        if state in {AlertState.ASKED, AlertState.CONFIRMED}
        else [],
    )


def _row(here: Visit, one: AlertView, told: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": alert_letters.area_words(here.words, here.lang, told),
        "answers": one.answers,
        "waiting": one.state is AlertState.ASKED,
    }


def rows_of_device(here: Visit) -> list[dict[str, Any]]:
    """Return the alerts that were asked for on this device, as a list shows them."""
    with here.room.database.reading() as session:
        found = alerts.alerts_of_device(session, here.actor, now())
        told = [alerts.told(session, one.area) for one in found]
    return [_row(here, one, area) for one, area in zip(found, told, strict=True)]
