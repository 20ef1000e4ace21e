"""A large file that is being made: how far it is, the link to it, and a way to give it up."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from layers.export.file_jobs import JobState
from serving.guards import PUBLIC
from serving.visit import Reader
from wording.error_messages import sentence_of

router = APIRouter(dependencies=[PUBLIC])
Ticket = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{20,64}$")]
#: So often the page looks again (seconds).
AGAIN_S = 2


@router.get("/files/{ticket}", response_class=HTMLResponse)
def show(here: Reader, ticket: Ticket) -> Response:
    """Show how far a file is. It needs no script: the page comes again by itself."""
    job = here.room.files.job(ticket)
    answer = here.page(
        "made_file.html",
        ticket=ticket,
        file=job.name,
        state=str(job.state),
        percent=round(100 * job.done),
        megabytes=_megabytes(job.path.stat().st_size) if job.state == JobState.READY else "",
        problem="" if job.fault is None else sentence_of(job.fault, here.words),
        again=AGAIN_S if job.state in {JobState.WAITING, JobState.MAKING} else 0,
    )
    answer.headers["Referrer-Policy"] = "no-referrer"  # the address is a key
    return answer


@router.post("/files/{ticket}", response_class=HTMLResponse)
def give_up(here: Reader, ticket: Ticket) -> Response:
    """Give a file up, and lead back to the campaigns."""
    here.room.files.give_up(ticket)
    return RedirectResponse("/w/", status_code=303)


def _megabytes(size: int) -> str:
    return f"{max(size / 1e6, 0.1):.1f}"
