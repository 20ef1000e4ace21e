"""The filter that the parameters of an address ask for, for whoever asks.

The same parameters narrow the map, the list, the numbers and the files.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated

from fastapi import Depends, Query, Request

from analysis.filter import Filter, read_filter
from analysis.filter_sql import check
from analysis.selection import Selection
from core.errors import NotAllowedError
from people.access.permissions import Act, grants_for
from serving.context import Context, actor_of
from submissions.proposals import queries

Several = list[str] | None
_YES_NO = "yes or no"


def narrowed(
    request: Request,
    category: Annotated[Several, Query(description="Of any of these categories.")] = None,
    relation: Annotated[Several, Query(description="lives, works, passes, other.")] = None,
    community: Annotated[Several, Query(description="Codes; - for in none.")] = None,
    theme: Annotated[Several, Query(description="Codes of themes or of groups of themes.")] = None,
    status: Annotated[Several, Query(description="For those who moderate.")] = None,
    first: Annotated[str, Query(alias="from", description="Filed on this day or later.")] = "",
    last: Annotated[str, Query(alias="to", description="Filed on this day or earlier.")] = "",
    answered: Annotated[str, Query(description=f"By the office: {_YES_NO}.")] = "",
    photo: Annotated[str, Query(description=f"With a photo: {_YES_NO}.")] = "",
    supports: Annotated[str, Query(description="Supported by so many at least.")] = "",
    text: Annotated[str, Query(description="Words that the text has, all of them.")] = "",
    area: Annotated[str, Query(description="Corners of a polygon: lon,lat lon,lat …")] = "",
    hotspot: Annotated[str, Query(description="A hotspot of what all others leave.")] = "",
) -> Filter:
    """Return the filter; ``a_<question>`` asks for answers and cannot be listed here.

    Raises ``InvalidError``.
    """
    # They are listed for the API's page.
    del category, relation, community, theme, status, first, last
    del answered, photo, supports, text, area, hotspot
    return read_filter(request.query_params.multi_items())


Narrow = Annotated[Filter, Depends(narrowed)]


@dataclass(frozen=True)
class Chosen:
    """What an address selects, and a name of it that differs by filter and by what may be seen."""

    selection: Selection
    tag: str

    @property
    def campaign(self) -> queries.CampaignView:
        """The campaign."""
        return self.selection.campaign

    def headers(self, etag: str) -> dict[str, str]:
        """Return the headers of an answer; what is not public is kept by nobody else."""
        private = "private, " if self.selection.narrow.statuses else ""
        return {"ETag": etag, "Cache-Control": f"{private}no-cache"}


def choose(room: Context, request: Request, slug: str, narrow: Filter) -> tuple[Chosen, int]:
    """Return what is selected of a campaign, and the campaign's revision.

    Raises ``NotFoundError``, ``UnknownCategoryError``, ``NotAllowedError``, ``InvalidError``.
    """
    campaign, revision = room.campaign(slug)
    actor = actor_of(request)
    check(campaign, narrow, actor)
    tag = narrow.digest
    if narrow.themes:
        tag += f"-{room.themes_revision()}"
    if narrow.statuses:
        reach = sorted(map(repr, grants_for(actor, Act.MODERATE)))
        tag += sha256(repr(reach).encode()).hexdigest()[:12]
    return Chosen(Selection(campaign, narrow, actor), tag), revision


def choose_published(
    room: Context, request: Request, slug: str, narrow: Filter
) -> tuple[Chosen, int]:
    """Return what ``choose`` does, for a file of what is public alone.

    Raises ``NotAllowedError`` for other states, too: staff have a file of their own.
    """
    chosen = choose(room, request, slug, narrow)
    if narrow.statuses:
        raise NotAllowedError(action="export_unpublished")
    return chosen
