"""The published proposals of a campaign: read page by page from the database, in filing order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis import frames, results
from analysis.cql import on_proposals
from analysis.cql.terms import BadQueryError, Kind, Term
from analysis.export.proposals import proposal_columns
from analysis.filter_sql import Conditions, numbered
from analysis.frames import PublishedRow
from analysis.selection import Selection, chosen
from api.collections.campaign_fields import fields_of
from api.collections.model import About, Asked, Features, Field
from core.cache import CACHE
from core.errors import NotFoundError
from layers.export.geojson import proposal_properties
from serving.context import Context
from submissions.campaigns import questionnaire
from submissions.campaigns.questionnaire import WHY_ANOTHER
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView
from submissions.proposals.receipt_codes import is_public_id

_NAME = select(Proposal.public_id)


@dataclass(frozen=True)
class ProposalCollection:
    """The published proposals of a campaign, as anybody sees them."""

    room: Context
    campaign: CampaignView
    about: About

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The columns of files, then those of the campaign's questions."""
        return fields_of(self.campaign, proposal_columns(self.campaign))

    @cached_property
    def kinds(self) -> Mapping[str, Kind]:
        """What may be asked of them."""
        return on_proposals.kinds(self.campaign)

    @property
    def moment_fields(self) -> tuple[str, str]:
        """When a proposal was filed."""
        return "created", "created"

    @property
    def state(self) -> str:
        """What changes with every change of a proposal or of its themes."""
        return f"{self.about.state}-{self.room.themes_revision()}"

    def page(self, asked: Asked) -> Features:
        """Return proposals in the order of their filing. Raises ``BadQueryError``."""
        with self.room.database.reading() as session:
            where, after = self._where(session), self._after(session, asked.after)
            if asked.term is not None:
                return self._narrowed(session, where, asked.term, after, asked.limit)
            more = [Proposal.id > after] if after else []
            rows = self._rows(session, [*where, *more], asked.limit + 1)
        matched = results.total(self.room.database, Selection(self.campaign))
        last = rows[asked.limit - 1].id if len(rows) > asked.limit else None
        return self._features(rows[: asked.limit], matched, last)

    def _narrowed(
        self, session: Session, where: Conditions, term: Term, after: int, limit: int
    ) -> Features:
        """Return a page of those that meet a filter, which is asked once for all pages."""

        def find() -> NDArray[np.int64]:
            asked = on_proposals.Asked(session, self.campaign, self._pins)
            return on_proposals.matching(asked, where, term)

        key = ("matching", self.room.database.url, self.campaign.id, self.about.state, term)
        found = CACHE.keep(key, find)
        start = int(np.searchsorted(found, after, side="right"))
        part = found[start : start + limit].tolist()
        rows = self._rows(session, [*where, numbered(session, part)], limit) if part else []
        is_last = start + limit >= len(found)
        # The last one may be hidden meanwhile; the next page goes on from it all the same.
        last = None if is_last else session.scalar(_NAME.where(Proposal.id == part[-1]))
        return self._features(rows, len(found), last)

    def feature(self, name: str) -> Features:
        """Return one proposal. Raises ``NotFoundError``."""
        with self.room.database.reading() as session:
            where = [*self._where(session), Proposal.public_id == name]
            rows = self._rows(session, where, 1)
        if not rows:
            raise NotFoundError(kind="proposal")
        return self._features(rows, 1, None)

    def _where(self, session: Session) -> Conditions:
        return chosen(session, Selection(self.campaign))

    def _pins(self) -> Any:
        return results.pins(self.room.database, Selection(self.campaign))[1]

    def _after(self, session: Session, name: str) -> int:
        """Return the number of the proposal that a page comes after, be it hidden meanwhile."""
        if not name:
            return 0
        named = (Proposal.public_id == name) & (Proposal.campaign_id == self.campaign.id)
        number = session.scalar(select(Proposal.id).where(named)) if is_public_id(name) else None
        if number is None:
            raise BadQueryError(parameter="after", reason="nothing to go on from")
        return number

    def _rows(self, session: Session, where: Conditions, most: int) -> list[PublishedRow]:
        found = frames.stream_published(session, self.campaign.id, where, batch=most, most=most)
        return [row for batch in found for row in batch]

    def _features(self, rows: Sequence[PublishedRow], matched: int, last: str | None) -> Features:
        """Return rows as features; ``last``: after which the next page comes."""
        flat = questionnaire.flattened(self.campaign.asked_ever)
        told = tuple(
            proposal_properties(
                {
                    **row._asdict(),
                    "campaign": self.campaign.slug,
                    "why_another": row.answers.get(WHY_ANOTHER),
                },
                flat(row.answers),
            )
            for row in rows
        )
        return Features(
            tuple(row.id for row in rows),
            np.array([_shape(row) for row in rows], dtype=object),
            told,
            matched,
            last,
        )


def _shape(row: PublishedRow) -> Any:
    return shapely.Point(row.longitude, row.latitude) if row.geometry is None else row.geometry
