"""The published proposals of a campaign: read page by page from the database, in filing order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from analysis import frames, results
from analysis.cql import on_proposals
from analysis.cql.terms import BadQueryError, Kind, Term
from analysis.filter_sql import Conditions
from analysis.frames import PublishedRow
from analysis.selection import Selection, chosen
from api.collections.model import About, Asked, Features, Field
from core.cache import CACHE
from core.errors import NotFoundError
from layers.export.data_dictionary import PROPOSALS
from layers.export.geojson import proposal_properties
from serving.context import Context
from submissions.campaigns import questionnaire
from submissions.campaigns.questionnaire import WHY_ANOTHER
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView
from submissions.proposals.receipt_codes import is_public_id


@dataclass(frozen=True)
class ProposalCollection:
    """The published proposals of a campaign, as anybody sees them."""

    room: Context
    campaign: CampaignView
    about: About

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The columns of files, then those of the campaign's questions."""
        columns = (*PROPOSALS, *questionnaire.columns(self.campaign.asked_ever))
        return tuple(Field(one.name, one.kind, one.meaning) for one in columns)

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
            where = self._where(session, asked.term)
            matched = self._count(session, where, asked.term)
            after = self._after(session, asked.after)
            rows = self._rows(session, [*where, *after], asked.limit + 1)
        return self._features(rows[: asked.limit], matched, more=len(rows) > asked.limit)

    def feature(self, name: str) -> Features:
        """Return one proposal. Raises ``NotFoundError``."""
        with self.room.database.reading() as session:
            where = self._where(session, None)
            rows = self._rows(session, [*where, Proposal.public_id == name], 1)
        if not rows:
            raise NotFoundError(kind="proposal")
        return self._features(rows, 1, more=False)

    def _where(self, session: Session, term: Term | None) -> Conditions:
        where = chosen(session, Selection(self.campaign))
        if term is None:
            return where
        asked = on_proposals.Asked(session, self.campaign, self._pins)
        return [*where, on_proposals.condition(asked, term)]

    def _pins(self) -> Any:
        return results.pins(self.room.database, Selection(self.campaign))[1]

    def _count(self, session: Session, where: Conditions, term: Term | None) -> int:
        if term is None:
            return results.total(self.room.database, Selection(self.campaign))

        def count() -> int:
            return session.scalar(select(func.count()).where(*where)) or 0

        key = ("matched", self.room.database.url, self.campaign.id, self.about.state, term)
        return CACHE.keep(key, count)

    def _after(self, session: Session, name: str) -> Conditions:
        """Return the condition that comes after a proposal, be it hidden meanwhile."""
        if not name:
            return []
        named = (Proposal.public_id == name) & (Proposal.campaign_id == self.campaign.id)
        number = session.scalar(select(Proposal.id).where(named)) if is_public_id(name) else None
        if number is None:
            raise BadQueryError(parameter="after", reason="nothing to go on from")
        return [Proposal.id > number]

    def _rows(self, session: Session, where: Conditions, most: int) -> list[PublishedRow]:
        found = frames.stream_published(session, self.campaign.id, where, batch=most, most=most)
        return [row for batch in found for row in batch]

    def _features(self, rows: Sequence[PublishedRow], matched: int, *, more: bool) -> Features:
        asked = self.campaign.asked_ever
        told = tuple(
            proposal_properties(
                {
                    **row._asdict(),
                    "campaign": self.campaign.slug,
                    "why_another": row.answers.get(WHY_ANOTHER),
                },
                questionnaire.flat(asked, row.answers),
            )
            for row in rows
        )
        return Features(
            tuple(row.id for row in rows),
            np.array([_shape(row) for row in rows], dtype=object),
            told,
            matched,
            rows[-1].id if more else None,
        )


def _shape(row: PublishedRow) -> Any:
    return shapely.Point(row.longitude, row.latitude) if row.geometry is None else row.geometry
