"""The prize draw at the desk: publishing the list, then drawing with the seed of its source."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

import errors
from people.catalogue import Act
from submissions import prizes
from submissions.queries import CampaignView
from web import gate
from web.campaign_forms import read_moment
from web.campaigning import DESK, is_public, staff_campaign
from web.campaigns import now
from web.desk import desk_page
from web.draws import draw_told, rules_told
from web.render import Visit, visit
from web.views import campaign_words
from wording.campaigning import campaign_sentence

router = APIRouter()
Reader = Annotated[Visit, Depends(visit)]
Slug = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Typed = Annotated[str, Form(max_length=500)]


@router.get("/desk/campaigns/{slug}/draw", response_class=HTMLResponse)
def draw_page(here: Reader, slug: Slug) -> Response:
    """Show how far the draw of a campaign is, and the next step."""
    return _page(here, _campaign(here, slug), {})


@router.post("/desk/campaigns/{slug}/draw/list")
def publish_list(here: Reader, slug: Slug, source: Typed = "", known_from: Typed = "") -> Response:
    """Fix who takes part, and publish the list."""
    campaign, moment = _campaign(here, slug), now()

    def act(session: Session) -> None:
        known = read_moment(known_from, "known_from")
        prizes.commit_draw(session, here.actor, slug, source=source, known_from=known, now=moment)

    typed = {"source": source, "known_from": known_from}
    return _done(here, campaign, act, typed)


@router.post("/desk/campaigns/{slug}/draw/seed")
def draw_now(here: Reader, slug: Slug, seed: Typed = "") -> Response:
    """Draw with the seed, and write to the winners."""
    campaign, moment = _campaign(here, slug), now()

    def act(session: Session) -> None:
        base = here.room.settings.public_url.rstrip("/") or here.base_url
        prizes.draw_prizes(session, here.actor, slug, seed, base=base, now=moment)

    return _done(here, campaign, act, {"seed": seed})


def _campaign(here: Visit, slug: str) -> CampaignView:
    campaign = staff_campaign(here, slug, Act.DRAW_PRIZES)
    if not is_public(campaign, now()):
        raise errors.NotFoundError(kind="page")
    return campaign


def _done(here: Visit, campaign: CampaignView, act: object, typed: dict[str, str]) -> Response:
    try:
        gate.check_sender(here)
        here.room.database.write(act)  # type: ignore[arg-type]  # one of the two above
    except errors.NotFoundError:
        raise
    except errors.LuJianError as error:
        said = campaign_sentence(error, here.words)
        return _page(here, campaign, typed, status=gate.status_of(error), problem=said)
    return RedirectResponse(f"{DESK}/{campaign.slug}/draw", status_code=303)


def _page(
    here: Visit,
    campaign: CampaignView,
    typed: dict[str, str],
    *,
    status: int = 200,
    problem: str = "",
) -> HTMLResponse:
    with here.room.database.reading() as session:
        found = prizes.draw_of(session, campaign.id, most=0)
    too_early = "" if found else prizes.hindrance(campaign, now())
    has_rules = campaign.prize is not None or found is not None
    return desk_page(
        here,
        "desk_draw.html",
        room="campaigns",
        status=status,
        problem=problem,
        campaign=campaign_words(here, campaign),
        desk=f"{DESK}/{campaign.slug}",
        rules=rules_told(here, campaign, found) if has_rules else [],
        draw=None if found is None else draw_told(here, found),
        waits=campaign_sentence(errors.DrawError(problem=too_early), here.words)
        if too_early
        else "",
        may_draw=found is not None and found.known_from <= now(),
        typed={"source": "", "known_from": "", "seed": ""} | typed,
    )
