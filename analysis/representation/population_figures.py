"""Further figures of the population that planners enter: residents by age, by sex …"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.representation.bands import banded_side, read_bands
from analysis.representation.models import PopulationFigures
from analysis.tables.cross_table import TIES, Side, side_of
from core.errors import InvalidError
from core.text import clean_text
from people.access.actor import Actor, Where
from people.access.permissions import Act, check_may, may
from people.audit.record import record
from submissions.campaigns.question_types import Number, Scale, Single
from submissions.proposals.queries import CampaignView

MOST_SOURCE, MOST_PERSONS = 200, 2**31 - 1
YEARS = (1900, 2200)


@dataclass(frozen=True)
class Figures:
    """Residents by the values of one attribute (the key of a side), and whence they are known."""

    attribute: str
    persons: Mapping[str, int]
    source: str
    year: int
    by: str = ""


def population_figures(session: Session, campaign_id: int) -> dict[str, Figures]:
    """Return a campaign's figures by attribute."""
    rows = session.scalars(
        select(PopulationFigures)
        .where(PopulationFigures.campaign_id == campaign_id)
        .order_by(PopulationFigures.attribute)
    )
    return {
        row.attribute: Figures(row.attribute, dict(row.persons), row.source, row.year, row.by)
        for row in rows
    }


def figures_for(campaign: CampaignView) -> list[Side]:
    """Return by what a population can be stated: questions of one answer, the tie to the place.

    Private questions come first: they are about the person. Numbers have no values here: figures
    state bands of them, see ``analysis.representation.bands``.
    """
    asked = [one for one in campaign.asked_ever if isinstance(one, Single | Scale | Number)]
    asked.sort(key=lambda one: not one.private)
    found = [banded_side(one) if isinstance(one, Number) else side_of(one) for one in asked]
    return [*found, TIES]


def may_set_figures(actor: Actor, campaign: CampaignView) -> bool:
    """Tell whether this person may state the population of a campaign."""
    return may(actor, Act.MAKE_TOPIC, Where(campaign.subdistrict))


def set_population_figures(
    session: Session, actor: Actor, campaign: CampaignView, figures: Figures, *, now: datetime
) -> None:
    """Keep the residents by the answers to one question, in place of what was stated before.

    Figures without any person are removed. Raises ``NotAllowedError``; ``InvalidError`` for a
    question or answer that there is not, bands that leave gaps, a number that is none of persons, a
    year that is none;
    ``EmptyTextError`` or ``LongTextError`` for the source.
    """
    check_may(actor, Act.MAKE_TOPIC, Where(campaign.subdistrict), action="set_population_figures")
    side = {one.key: one for one in figures_for(campaign)}.get(figures.attribute)
    if side is None:
        raise InvalidError(field="attribute")
    persons = {value: _persons(number) for value, number in figures.persons.items()}
    if isinstance(side.question, Number):
        read_bands(persons, side.question) if persons else ()
    elif not set(persons) <= set(side.values):
        raise InvalidError(field="persons", reason="no such answer")
    row = session.get(PopulationFigures, (campaign.id, side.key), populate_existing=True)
    if not any(persons.values()):
        if row is not None:
            session.delete(row)
    else:
        source = clean_text(figures.source, most=MOST_SOURCE)
        if not YEARS[0] <= figures.year <= YEARS[1]:
            raise InvalidError(field="year")
        if row is None:
            row = PopulationFigures(campaign_id=campaign.id, attribute=side.key)
            session.add(row)
        row.persons, row.source, row.year = persons, source, figures.year
        row.account_id, row.by, row.updated = actor.account_id, actor.name, now
    session.flush()
    details = {
        "attribute": side.key,
        "persons": sum(persons.values()),
        "source": figures.source,
        "values": sorted(persons),
    }
    record(
        session,
        actor,
        "population_stated",
        now=now,
        campaign_id=campaign.id,
        details=details,
    )


def _persons(number: object) -> int:
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= MOST_PERSONS:
        raise InvalidError(field="persons")
    return number
