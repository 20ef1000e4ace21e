"""The prize draw at the desk: publishing the list, drawing with the seed, declaring a list void."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from core import errors
from people.access.permissions import Act
from serving.errors import status_of
from serving.guards import desk
from serving.parameters import Slug
from serving.visit import Reader, Visit, now
from submissions.prize_draws import draw_prizes, draw_views, entries, void_draw
from submissions.prize_draws.draw_views import DrawView
from submissions.proposals.queries import CampaignView
from web.desk.campaigns.campaigns_pages import DESK, is_public, staff_campaign
from web.desk.campaigns.editor_forms import read_moment
from web.desk.frame import desk_page
from web.presenters import campaign_words
from web.residents.prize_draw_page import draw_parts, rules_told
from wording import formatting
from wording.campaign_editor import campaign_sentence, reason_names

router = APIRouter(dependencies=[desk(Act.DRAW_PRIZES)])
Typed = Annotated[str, Form(max_length=500)]
Reason = Annotated[str, Form(max_length=4000)]


@router.get("/desk/campaigns/{slug}/draw", response_class=HTMLResponse)
def draw_page(here: Reader, slug: Slug) -> Response:
    """Show how far the draw of a campaign is, and the next step."""
    return _page(here, _campaign(here, slug), {})


@router.post("/desk/campaigns/{slug}/draw/list")
def publish_list(here: Reader, slug: Slug, source: Typed = "", known_from: Typed = "") -> Response:
    """Fix who takes part, and publish the list."""

    def act() -> None:
        known = read_moment(known_from, "known_from")
        here.write(draw_prizes.commit_draw, slug, source=source, known_from=known, now=now())

    return _done(here, slug, act, {"source": source, "known_from": known_from})


@router.post("/desk/campaigns/{slug}/draw/seed")
def draw_now(here: Reader, slug: Slug, seed: Typed = "") -> Response:
    """Draw with the seed, and write to the winners."""
    act = partial(here.write, draw_prizes.draw_prizes, slug, seed, base=_base(here), now=now())
    return _done(here, slug, act, {"seed": seed})


@router.post("/desk/campaigns/{slug}/draw/void")
def declare_void(
    here: Reader, slug: Slug, digest: Typed = "", reason: Reason = "", knowing: Typed = ""
) -> Response:
    """Declare the list in force void, in public, and write to winners who were written to."""
    act = partial(
        here.write,
        void_draw.void_draw,
        slug,
        digest=digest,
        reason=reason,
        knowing=knowing == "1",
        base=_base(here),
        now=now(),
    )
    return _done(here, slug, act, {"reason": reason, "knowing": knowing})


def _base(here: Visit) -> str:
    """Return the address for links in letters: never what the request calls this server."""
    return here.room.settings.public_url.rstrip("/")


def _campaign(here: Visit, slug: str) -> CampaignView:
    campaign = staff_campaign(here, slug, Act.DRAW_PRIZES)
    if not is_public(campaign, now()):
        raise errors.NotFoundError(kind="page")
    return campaign


def _done(here: Visit, slug: str, act: Callable[[], object], typed: dict[str, str]) -> Response:
    """Take a step of the draw and show it; a refusal with what was typed and what is wrong."""
    campaign = _campaign(here, slug)
    try:
        act()
    except errors.NotFoundError:
        raise
    except errors.LuJianError as error:
        said = campaign_sentence(error, here.words)
        why = _excluded_words(here, error)
        return _page(here, campaign, typed, status=status_of(error), problem=said, why=why)
    return RedirectResponse(f"{DESK}/{campaign.slug}/draw", status_code=303)


def _page(
    here: Visit,
    campaign: CampaignView,
    typed: dict[str, str],
    *,
    status: int = 200,
    problem: str = "",
    why: Sequence[str] = (),
) -> HTMLResponse:
    with here.room.database.reading() as session:
        found = draw_views.draw_of(session, campaign.id, most=0)
        void = draw_views.void_draws(session, campaign.id)
    too_early = None if found else draw_prizes.hindrance(campaign, now())
    waits = ""
    if too_early:
        waits = campaign_sentence(errors.DrawError(problem=too_early), here.words)
    has_rules = campaign.prize is not None or found is not None
    return desk_page(
        here,
        "prize_draw.html",
        room="campaigns",
        status=status,
        problem=problem,
        campaign=campaign_words(here, campaign),
        desk=f"{DESK}/{campaign.slug}",
        rules=rules_told(here, campaign, found) if has_rules else [],
        **draw_parts(here, found, void),
        why=why,
        waits=waits,
        waits_at=_where_to_go(here, campaign, too_early),
        may_draw=found is not None and found.known_from <= now(),
        voiding=_what_follows(here, found),
        writes=bool(_base(here)),
        most_reason=void_draw.MOST_REASON,
        typed={"source": "", "known_from": "", "seed": "", "reason": "", "knowing": ""} | typed,
    )


def _excluded_words(here: Visit, error: errors.LuJianError) -> list[str]:
    """Say for each reason how many proposals give no entry, where nobody could win."""
    names = reason_names(here.words)
    return [
        f"{names[entries.Reason(reason)]}: {formatting.number(count, here.lang)}"
        for reason, count in error.params.get("excluded", {}).items()
    ]


def _where_to_go(
    here: Visit, campaign: CampaignView, problem: errors.DrawProblem | None
) -> dict[str, str] | None:
    """Return where what stands in the way of a draw is dealt with."""
    _, edit = here.words.gettext, f"{DESK}/{campaign.slug}/edit"
    return (
        {
            errors.DrawProblem.COLLECTING: {"address": f"{edit}/dates", "name": _("Close it")},
            errors.DrawProblem.NO_RULES: {
                "address": f"{edit}/prizes",
                "name": _("Write the rules of the draw"),
            },
        }.get(problem)
        if problem
        else None
    )


def _what_follows(here: Visit, found: DrawView | None) -> str:
    """Say what follows from declaring a list void once its seed may be known; empty before that."""
    if found is None:
        return ""
    _ = here.words.gettext
    return {
        "published": "",
        "known": _(
            "The source of the seed is public: who would win can be computed. The public page will "
            "say that the list was declared void only then."
        ),
        "drawn": _(
            "Prizes have been drawn. Nobody has won by this list any more: winners who got a "
            "letter get another one that says so, and all read it on the page of their code. The "
            "public page will say that the list was declared void after the draw, and go on naming "
            "the entries."
        ),
    }[draw_views.stage_of(found, now())]
