"""What is being done to many proposals: how far it is, what could not be done, and back again."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Form, Path
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from core import errors
from moderation.bulk import bulk_actions, job_views, jobs
from serving.errors import status_of
from serving.guards import desk
from serving.visit import Reader, Visit, now
from submissions.proposals import queries
from web import presenters
from web.desk.frame import desk_page
from web.desk.moderation import bulk_forms
from web.desk.moderation.bulk_page import ACTS
from wording.error_messages import sentence_of

router = APIRouter(dependencies=[desk(*ACTS)])
JobId = Annotated[int, Path(ge=1, le=2**53)]


@router.get("/desk/bulk/jobs/{job_id}", response_class=HTMLResponse)
def job(here: Reader, job_id: JobId) -> Response:
    """Show how far a job is; a script is told in figures."""
    return job_page(here, job_id)


def job_page(here: Visit, job_id: int, *, problem: str = "", status: int = 200) -> Response:
    """Return the page. Raises ``NotFoundError`` for a job that is none of this person's."""
    with here.room.database.reading() as session:
        found = job_views.job_view(session, here.actor, job_id)
        campaign = queries.campaign_by_id(session, found.campaign_id)
    shown = bulk_forms.job_words(here, found)
    if here.wants_json:
        names = ("said", "state", "open", "total", "through")
        return JSONResponse({name: shown[name] for name in names})
    back = f"/w/desk/bulk?campaign={campaign.slug}&{found.query}"
    return desk_page(
        here,
        "bulk_job.html",
        room="bulk",
        status=status,
        job=shown,
        campaign=presenters.campaign_words(here, campaign),
        back=back,
        token=secrets.token_hex(16),
        problem=problem,
    )


@router.post("/desk/bulk/jobs/{job_id}/{verb}")
def change(
    here: Reader, job_id: JobId, verb: str, token: Annotated[str, Form(max_length=64)] = ""
) -> Response:
    """Cancel a job, or take back what it did."""
    try:
        if verb == "cancel":
            here.write(jobs.cancel_job, job_id, now=now())
        elif verb == "undo":
            database = here.room.database
            job_id = bulk_actions.undo(database, here.actor, job_id, token=token, now=now())
        else:
            raise errors.NotFoundError(kind="page")
    except errors.NotFoundError:
        raise
    except errors.LuJianError as error:
        said = sentence_of(error, here.words)
        return job_page(here, job_id, problem=said, status=status_of(error))
    return RedirectResponse(f"/w/desk/bulk/jobs/{job_id}", status_code=303)
