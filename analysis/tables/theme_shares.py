"""How many people of a selection speak of which theme, in all and by place; worked out beside.

A person counts once for a theme, however many proposals say it; the author of what was joined with
a proposal counts for it, too. Numbers of fewer than five people are not told.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.answer_tallies import FEW
from analysis.filter import Spot
from analysis.models import ProposalTheme
from analysis.selection import Selection, chosen, clustering_in, revision
from analysis.text.keywords import Keyword, keywords
from analysis.text.near_copies import near_copies
from analysis.themes.taxonomy import taxonomy_in_force
from analysis.themes.theme_index import reading_state, themes_revision
from core.cache import CACHE
from core.database import Database
from layers.gazetteer.gazetteer import places_of
from submissions.proposals.merged_family import joined_authors
from submissions.proposals.models import Proposal

#: So many places stand in the table, those with the most people.
MOST_PLACES = 40
#: Of more texts than these every second, third … is looked at for words and for copies.
MOST_HERE, MOST_ELSEWHERE, MOST_COPIES = 3_000, 9_000, 30_000
MOST_GROUPS = 20


@dataclass(frozen=True)
class ThemeShare:
    """One theme, or group of themes, of a selection.

    ``people`` and ``proposals`` are None where fewer than five people speak of it, ``share`` (of
    all people, 0 to 1) then, too. ``confidence``: the mean of its readings, 0 to 1; ``by_people``:
    the share of them that somebody confirmed.
    """

    code: str
    people: int | None
    proposals: int | None
    share: float | None
    confidence: float | None
    by_people: float | None


@dataclass(frozen=True)
class ThemeTable:
    """The themes of a selection, in the order of the taxonomy; ``groups`` beside them.

    ``read``: of how many ``proposals`` the themes were read already; ``without``: how many of
    these have none. ``by_community`` and ``by_spot``: shares of the people of each place (rows by
    code or hotspot id, columns by theme; NaN where too few), and their ``people`` in a column.
    """

    people: int
    proposals: int
    read: int
    without: int
    themes: tuple[ThemeShare, ...]
    groups: tuple[ThemeShare, ...]
    by_community: pd.DataFrame
    by_spot: pd.DataFrame


@dataclass(frozen=True)
class CopyGroup:
    """Texts that are nearly the same: the first of them, its public id, how many, of how many."""

    text: str
    public_id: str
    proposals: int
    people: int


def begun_theme_table(
    database: Database,
    selection: Selection,
    *,
    radius_m: float,
    min_proposals: int,
    at_most_s: float,
) -> ThemeTable | None:
    """Return the themes of a selection; None while the first are being counted."""
    spot = Spot("", radius_m, min_proposals)

    def make() -> ThemeTable:
        with database.reading() as session:
            return theme_table(session, selection, spot)

    key = ("theme_table", database.url, selection.key, spot)
    return CACHE.begun(key, _revision(database, selection), make, at_most_s=at_most_s)


def theme_table_of(database: Database, selection: Selection) -> ThemeTable:
    """Return the themes of a selection, now, without places; kept for all who ask."""

    def make() -> ThemeTable:
        with database.reading() as session:
            return theme_table(session, selection)

    key = ("theme_table", database.url, selection.key, None)
    return CACHE.get(key, _revision(database, selection), make)


def spoken_of(table: ThemeTable, *, most: int) -> list[ThemeShare]:
    """Return the themes of which anybody speaks, those of most people first."""
    there = [one for one in table.themes if one.people != 0]
    return sorted(there, key=lambda one: -(one.people or 0))[:most]


def _revision(database: Database, selection: Selection) -> Hashable:
    with database.reading() as session:
        themes = themes_revision(session)
    return revision(database, selection), themes


def theme_table(session: Session, selection: Selection, spot: Spot | None = None) -> ThemeTable:
    """Count the themes of a selection, now; by hotspots as ``spot`` says, where it is given."""
    where = chosen(session, selection)
    columns = Proposal.id, Proposal.author_key, Proposal.community_code
    rows = session.connection().execute(select(*columns).where(*where).order_by(Proposal.id)).all()
    frame = pd.DataFrame(rows, columns=["id", "person", "community"])
    unknown = frame["person"].isna()
    frame["person"] = frame["person"].mask(unknown, "#" + frame["id"].astype(str))
    joined = session.execute(joined_authors(where)).all()
    further = pd.DataFrame(joined, columns=["id", "person"])
    people = pd.concat([frame[["id", "person"]], further], ignore_index=True)
    themes = _theme_rows(session, where)
    state = reading_state(session)
    read = int((frame["id"] <= state.read_to).sum())
    spots = pd.DataFrame() if spot is None else _by_spot(session, selection, spot, people, themes)
    everyone = people["person"].nunique()
    known = taxonomy_in_force()
    grouped = themes.assign(theme=themes["theme"].map({t.code: t.group for t in known.themes}))
    return ThemeTable(
        people=everyone,
        proposals=len(frame),
        read=read,
        without=read - int(themes["id"].nunique()),
        themes=_shares(list(known.codes), themes, people, everyone),
        groups=_shares([one.code for one in known.groups], grouped, people, everyone),
        by_community=_by_place(frame.set_index("id")["community"].dropna(), people, themes),
        by_spot=spots,
    )


def _theme_rows(session: Session, where: list) -> pd.DataFrame:  # type: ignore[type-arg]
    statement = (
        select(
            ProposalTheme.proposal_id,
            ProposalTheme.theme,
            ProposalTheme.confidence,
            ProposalTheme.way,
        )
        .join(Proposal, Proposal.id == ProposalTheme.proposal_id)
        .where(*where)
    )
    rows = session.connection().execute(statement).all()
    frame = pd.DataFrame(rows, columns=["id", "theme", "confidence", "way"])
    return frame.astype({"id": "int64", "confidence": "float64"})


def _shares(
    codes: list[str], themes: pd.DataFrame, people: pd.DataFrame, everyone: int
) -> tuple[ThemeShare, ...]:
    pairs = themes[["id", "theme"]].drop_duplicates().merge(people, on="id")
    speaking = pairs.drop_duplicates(["theme", "person"])["theme"].value_counts()
    proposals = themes.drop_duplicates(["theme", "id"])["theme"].value_counts()
    sure = themes.groupby("theme")["confidence"].mean()
    person = (themes["way"] == "person").groupby(themes["theme"]).mean()
    found = []
    for code in codes:
        count = int(speaking.get(code, 0))
        if 0 < count < FEW:
            found.append(ThemeShare(code, None, None, None, None, None))
            continue
        share = count / max(everyone, 1)
        mean = float(sure[code]) / 100 if count else None
        told = float(person[code]) if count else None
        found.append(ThemeShare(code, count, int(proposals.get(code, 0)), share, mean, told))
    return tuple(found)


def _by_spot(
    session: Session, selection: Selection, spot: Spot, people: pd.DataFrame, themes: pd.DataFrame
) -> pd.DataFrame:
    clustering = clustering_in(session, selection.without_spot(), spot)
    place = pd.Series(clustering.hotspots.membership.to_numpy(), index=clustering.numbers).dropna()
    return _by_place(place, people, themes)


def _by_place(place: pd.Series, people: pd.DataFrame, themes: pd.DataFrame) -> pd.DataFrame:
    """Return the share of each place's people by theme; ``place`` by internal id."""
    named = place.rename("place").rename_axis(None)
    there = people.merge(named, left_on="id", right_index=True).reset_index(drop=True)
    totals = there.drop_duplicates(["place", "person"])["place"].value_counts()
    totals = totals[totals >= FEW].head(MOST_PLACES)
    codes = list(taxonomy_in_force().codes)
    pairs = there[there["place"].isin(totals.index)].merge(themes[["id", "theme"]], on="id")
    pairs = pairs.drop_duplicates(["place", "person", "theme"])
    counts = pd.crosstab(pairs["place"], pairs["theme"]) if len(pairs) else pd.DataFrame()
    counts = counts.reindex(index=totals.index, columns=codes, fill_value=0).astype(float)
    shares = counts.mask((counts > 0) & (counts < FEW)).div(totals.to_numpy(), axis=0)
    shares.insert(0, "people", totals.to_numpy())
    return shares


def begun_keywords(
    database: Database, selection: Selection, *, at_most_s: float
) -> list[Keyword] | None:
    """Return the words that set a selection apart from the rest of its campaign; None at first."""

    def make() -> list[Keyword]:
        with database.reading() as session:
            return selection_keywords(session, selection)

    key = ("theme_keywords", database.url, selection.key)
    return CACHE.begun(key, _revision(database, selection), make, at_most_s=at_most_s)


def selection_keywords(session: Session, selection: Selection) -> list[Keyword]:
    """Return the words that set a selection apart, now; of very many texts a part is looked at."""
    inside = chosen(session, selection)
    numbers = set(session.connection().execute(select(Proposal.id).where(*inside)).scalars())
    here = _texts(session, inside, MOST_HERE)
    all_of_it = chosen(session, Selection(selection.campaign))
    others = [one for one in _texts(session, all_of_it, MOST_ELSEWHERE) if one[0] not in numbers]
    campaign = selection.campaign
    index = places_of(session, campaign.edition, campaign.area, subdistrict=campaign.subdistrict)
    names = [place.name_zh for place in index.places] + [place.name_en for place in index.places]
    return keywords(
        [(who, text) for _n, who, text, _id in here],
        [(who, text) for _n, who, text, _id in others],
        but=names,
    )


def _texts(session: Session, where: list, most: int) -> list[tuple[int, str, str, str]]:  # type: ignore[type-arg]
    """Return id, person, text and public id of proposals, every n-th of too many."""
    columns = Proposal.id, Proposal.author_key, Proposal.text, Proposal.public_id
    count = session.connection().execute(select(Proposal.id).where(*where).order_by(Proposal.id))
    numbers = np.array(count.scalars().all(), np.int64)
    step = -(-len(numbers) // most) or 1
    statement = select(*columns).where(*where).order_by(Proposal.id)
    if step > 1:
        statement = statement.where(Proposal.id % step == 0)
    rows = session.connection().execute(statement).all()
    return [(n, who or f"#{n}", text, name) for n, who, text, name in rows]


def begun_copies(
    database: Database, selection: Selection, *, at_most_s: float
) -> tuple[CopyGroup, ...] | None:
    """Return groups of texts that are nearly the same; None while the first are being found."""

    def make() -> tuple[CopyGroup, ...]:
        with database.reading() as session:
            return copy_groups(session, selection)

    key = ("theme_copies", database.url, selection.key)
    return CACHE.begun(key, revision(database, selection), make, at_most_s=at_most_s)


def copy_groups(session: Session, selection: Selection) -> tuple[CopyGroup, ...]:
    """Return the largest groups of near-copies, now."""
    texts = _texts(session, chosen(session, selection), MOST_COPIES)
    found = near_copies([text for _n, _who, text, _id in texts])[:MOST_GROUPS]
    return tuple(
        CopyGroup(
            texts[one.places[0]][2],
            texts[one.places[0]][3],
            len(one.places),
            len({texts[place][1] for place in one.places}),
        )
        for one in found
    )
