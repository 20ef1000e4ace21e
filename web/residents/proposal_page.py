"""One proposal's page, and what a visitor can do there: support, comment, report, follow."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode

from anyio import to_thread
from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from core import errors
from deliberation.timeline import timeline
from notifications import contacts
from people.access.permissions import Act
from people.access.rate_limit import LimitKind
from serving import attempts
from serving.errors import status_of
from serving.guards import DEVICE, PUBLIC, kept_by
from serving.parameters import PublicId
from serving.visit import Reader, Visit, now, visit
from submissions.campaigns.phases import allows
from submissions.participation import comments, follows, my_proposals, reports, supports
from submissions.participation.author_edits import withdraw_proposal
from submissions.participation.photos import photos_of
from submissions.proposals import merge, queries
from submissions.proposals.queries import CampaignView, ProposalView
from submissions.proposals.states import Status
from submissions.proposals.visibility import seen_proposal
from web import presenters
from wording import error_messages, form_fields, proposal_status
from wording.timeline import told_moments

router = APIRouter()
MOST_TYPED = 20_000
Typed = Annotated[str, Form(max_length=MOST_TYPED)]


@router.get("/p/{public_id}", response_class=HTMLResponse, dependencies=[PUBLIC])
def proposal(here: Reader, public_id: PublicId) -> Response:
    """Show a proposal: published to everyone, in any state to its author."""
    with here.room.database.reading() as session:
        try:
            view = queries.proposal_for(session, public_id, here.actor)
        except errors.NotFoundError:
            kept = merge.joined_with(session, public_id)
            if kept is None:
                raise
            return _joined_page(here, kept)
    return proposal_page(here, view)


def _joined_page(here: Visit, kept: str) -> HTMLResponse:
    """Say that a proposal was joined with another, and lead there."""
    _ = here.words.gettext
    return here.notice(
        _("Joined with another"),
        _("Somebody else asked for the same, so this proposal was joined with another one."),
        status=200,
        links=({"address": f"/w/p/{kept}", "name": _("See the proposal it was joined with")},),
    )


def proposal_page(
    here: Visit,
    view: ProposalView,
    *,
    status: int = 200,
    problem: str = "",
    receipt: dict[str, Any] | None = None,
    fresh: bool = False,
    typed_comment: str = "",
    typed_contact: str = "",
) -> HTMLResponse:
    """Return the page. ``receipt``: for whoever holds the code."""
    database = here.room.database
    with database.reading() as session:
        campaign = queries.campaign_by_id(session, view.campaign_id)
        known = presenters.known_of(session, here.actor, [view.public_id])
        public = presenters.is_public(view)
        own = _own(here, session, view)
        holds = own if receipt is None else my_proposals.proposal_of_code(session, receipt["code"])
        said = comments.comments_of(session, view.public_id, here.actor) if public else []
        here_too = public and view.public_id in follows.followed(session, here.actor)
        pictures = _pictures(here, session, view, known)
        theirs = receipt is not None or own is not None
        post = follows.author_post(session, view.public_id) if theirs else follows.PostState.NONE
    asked = here.request.query_params.get("said", "")
    return here.page(
        "proposal.html",
        status=status,
        campaign=presenters.campaign_words(here, campaign),
        view=_shown(here, campaign, view, known, holds, pictures)
        | ({"own_address": receipt["path"]} if receipt and own is None else {}),
        map=presenters.the_map(here, campaign, pin=view),
        moments=told_moments(
            timeline(database, campaign, view, here.actor, holder=receipt is not None),
            here.words,
            here.lang,
        ),
        receipt=receipt,
        fresh=fresh,
        done=asked,
        problem=problem,
        may={act: allows(campaign, Act(act), now()) for act in ("comment", "report", "follow")},
        own={
            "edit": bool(holds and holds.editable) and allows(campaign, Act.CHANGE_OWN, now()),
            "withdraw": bool(holds and holds.withdrawable),
        },
        follow={
            "may": (public or own is not None)
            and view.status != Status.WITHDRAWN
            and (here_too or allows(campaign, Act.FOLLOW, now())),
            "here": here_too,
            "label": contact_label(here),
            "post": str(post),
            "typed": typed_contact,
            "around": _around(campaign, view) if public or fresh else "",
        },
        comments=said,
        token=secrets.token_hex(16),
        typed_comment=typed_comment,
        may_report=public and holds is None,
        reasons=[
            {"key": str(key), "name": name}
            for key, name in proposal_status.report_words(here.words).items()
        ],
    )


def _around(campaign: CampaignView, view: ProposalView) -> str:
    """Return where one asks for what is new around a proposal's place."""
    at = f"{view.longitude:.5f},{view.latitude:.5f}"
    return "/w/alerts/new?" + urlencode({"campaign": campaign.slug, "at": at})


def _own(here: Visit, session: Any, view: ProposalView) -> my_proposals.OwnView | None:
    """Return what this device may still do with its own proposal, None for others'."""
    try:
        return my_proposals.own_proposal(session, here.actor, view.public_id)
    except errors.NotFoundError:
        return None


def _pictures(here: Visit, session: Any, view: ProposalView, known: presenters.Known) -> list[Any]:
    if view.public_id in known.pictures:
        return known.pictures[view.public_id]
    try:
        row = seen_proposal(session, here.actor, view.public_id)
    except errors.NotFoundError:
        return []
    return photos_of(session, [row.id], actor=here.actor).get(row.id, [])


def _shown(
    here: Visit,
    campaign: CampaignView,
    view: ProposalView,
    known: presenters.Known,
    own: my_proposals.OwnView | None,
    pictures: list[Any],
) -> dict[str, Any]:
    address = f"{here.base_url}/w/p/{view.public_id}"
    return {
        **presenters.card(here, campaign, view, known),
        "mine": own is not None,
        "text": view.text,
        "public": presenters.is_public(view),
        "url": address,
        "picture": f"{address}/share.png?lang={here.lang}",
        "answers": presenters.answers(here, campaign, view),
        "photos": presenters.pictures(here, pictures),
        "own_address": f"/w/p/{view.public_id}",
        "merged": view.status == Status.MERGED,
        "kept": f"/w/p/{view.kept}" if view.kept else "",
    }


def contact_label(here: Visit) -> str:
    """Return what is asked for where one wants letters; empty where none can be sent."""
    kinds = here.room.channels
    if here.room.sealer is None or not kinds:
        return ""
    return form_fields.channel_label(here.words, kinds)


async def _page_again(request: Request, error: errors.LuJianError) -> Response:
    """Show the page with what was typed into its forms."""
    sent = await request.form(max_files=0, max_fields=20)
    name = "text" if request.url.path.endswith("/comments") else "contact"
    typed = {"text": "typed_comment", "contact": "typed_contact"}[name]
    kept = {typed: str(sent.get(name) or "")[:MOST_TYPED]}
    return await to_thread.run_sync(_shown_again, request, error, kept)


def _shown_again(request: Request, error: errors.LuJianError, typed: dict[str, str]) -> Response:
    return _refused(visit(request), request.path_params["public_id"], error, **typed)


@router.post("/p/{public_id}/support", dependencies=[DEVICE])
def support(here: Reader, public_id: PublicId, on: Annotated[str, Form()] = "") -> Response:
    """Support a proposal (``on=1``), take the support back (``on=0``); without, the other way."""
    with here.room.database.reading() as session:
        before = public_id in supports.supported_by(session, here.actor, [public_id])
    wanted = on == "1" if on in {"0", "1"} else not before
    act = supports.support_proposal if wanted else supports.unsupport_proposal
    with attempts.attempt(here, LimitKind.SUPPORT):
        count = here.write(act, public_id, now=now())
    if here.wants_json:
        return JSONResponse({"supports": count, "supported": wanted})
    return RedirectResponse(f"/w/p/{public_id}", status_code=303)


@router.post("/p/{public_id}/comments", dependencies=[DEVICE])
@kept_by(_page_again)
def comment(
    here: Reader,
    public_id: PublicId,
    text: Typed = "",
    client_token: Annotated[str, Form(max_length=64)] = "",
    website: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Say something to a proposal; what only a machine fills in is thanked for and dropped."""
    if website:
        return _back(public_id, "commented")
    act = partial(
        here.write, comments.comment_on, public_id, text, client_token=client_token, now=now()
    )
    return _done(here, public_id, act, "commented", LimitKind.COMMENT, typed_comment=text)


@router.post("/p/{public_id}/comments/{comment_id}/withdraw", dependencies=[DEVICE])
@kept_by(_page_again)
def take_back_comment(
    here: Reader, public_id: PublicId, comment_id: Annotated[str, Path(max_length=16)]
) -> Response:
    """Take one's own comment back."""
    act = partial(here.write, comments.withdraw_comment, comment_id, now=now())
    return _done(here, public_id, act, "saved", LimitKind.COMMENT)


@router.post("/p/{public_id}/report", dependencies=[DEVICE])
@kept_by(_page_again)
def report(
    here: Reader,
    public_id: PublicId,
    reason: Annotated[str, Form(max_length=20)] = "",
    text: Annotated[str, Form(max_length=2000)] = "",
    comment: Annotated[str, Form(max_length=16)] = "",
) -> Response:
    """Point out something improper in a proposal or a comment."""
    about = comment or None
    act = partial(
        here.write, reports.report, public_id, comment_id=about, reason=reason, text=text, now=now()
    )
    return _done(here, public_id, act, _reported, LimitKind.REPORT)


def _reported(kept: bool) -> str:
    return "reported" if kept else "report_settled"


@router.post("/p/{public_id}/follow", dependencies=[DEVICE])
@kept_by(_page_again)
def follow(
    here: Reader,
    public_id: PublicId,
    on: Annotated[str, Form(max_length=1)] = "",
    contact: Annotated[str, Form(max_length=200)] = "",
    consent: Annotated[str, Form(max_length=1)] = "",
) -> Response:
    """Follow on this device's list, or by post to an address that then has to say yes."""

    def by_post() -> None:
        contacts.check_channel(contact, here.room.channels)
        here.write(
            follows.follow_by_post,
            here.room.sealer,
            public_id,
            contact,
            consent=bool(consent),
            language=here.lang,
            base=here.room.settings.public_url.rstrip("/"),
            now=now(),
        )

    if contact:
        return _done(here, public_id, by_post, "asked", LimitKind.FOLLOW, typed_contact=contact)
    if on == "0":
        act = partial(here.write, follows.unfollow_here, public_id, now=now())
        return _done(here, public_id, act, "unfollowed", LimitKind.FOLLOW)
    act = partial(here.write, follows.follow_here, public_id, language=here.lang, now=now())
    return _done(here, public_id, act, "followed", LimitKind.FOLLOW)


@router.post("/p/{public_id}/withdraw", dependencies=[DEVICE])
@kept_by(_page_again)
def withdraw(here: Reader, public_id: PublicId) -> Response:
    """Take one's own proposal back."""
    act = partial(here.write, withdraw_proposal, public_id, now=now())
    return _done(here, public_id, act, "withdrawn", LimitKind.SUPPORT)


def _done(
    here: Visit,
    public_id: str,
    act: Callable[[], Any],
    said: str | Callable[[Any], str],
    kind: LimitKind,
    **typed: Any,
) -> Response:
    """Run a change and go back to the page; a refusal shows it with what was typed.

    ``said``: what is told there, which may depend on what the change returned.
    """
    try:
        with attempts.attempt(here, kind):
            done = act()
    except errors.NotFoundError:
        raise
    except errors.LuJianError as error:
        return _refused(here, public_id, error, **typed)
    return _back(public_id, said if isinstance(said, str) else said(done))


def _refused(here: Visit, public_id: str, error: errors.LuJianError, **typed: Any) -> Response:
    with here.room.database.reading() as session:
        view = queries.proposal_for(session, public_id, here.actor)
    said = error_messages.sentence_of(error, here.words)
    return proposal_page(here, view, status=status_of(error), problem=said, **typed)


def _back(public_id: str, said: str) -> Response:
    asked = f"?said={said}" if said else ""
    return RedirectResponse(f"/w/p/{public_id}{asked}", status_code=303)
