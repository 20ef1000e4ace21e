"""The people behind what a pack has: by theme, by wish, by how they know the place, by community.

Who they are stays here: only counts leave, and those as ``packs.told_people`` says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.selection import Selection, chosen
from packs.building.scope import Scope
from packs.told_people import Counted, decided
from packs.versions import WHOLE
from submissions.campaigns.question_types import Multiple, Single
from submissions.campaigns.questionnaire import read_questions
from submissions.proposals.merged_family import joined_authors
from submissions.proposals.models import Proposal

#: Of what there are figures, in their order; the name of a figure is ``GROUP:KEY``.
GROUPS = ("all", "category", "theme", "wish", "relation", "community")


@dataclass(frozen=True)
class Figure:
    """A figure: proposals, which anybody can count, and at least so many people behind them.

    ``people``: None for fewer than five; ``version``: in which that was told first. ``proposals``:
    None where a proposal of the pack does not tell it, so that a count would tell of its author.
    """

    group: str
    key: str
    proposals: int | None
    people: int | None
    version: int


def pack_figures(
    session: Session, scope: Scope, proposals: gpd.GeoDataFrame, relation: pd.Series
) -> tuple[list[Figure], Counted]:
    """Return the figures of a version, and what is counted for the next one."""
    people = _people(session, scope.selection)
    kept = people[people["proposal"].isin(set(proposals["id"]))]
    members = dict(_members(scope, proposals, relation))
    pairs = {name: kept[kept["proposal"].isin(ids)] for name, ids in members.items()}
    now = {name: int(rows["person"].nunique()) for name, rows in pairs.items()}
    before = {name: one for name, one in scope.before.items() if not name.startswith(WHOLE)}
    counted = decided(now, before, version=scope.number)
    return [_figure(name, members, counted) for name in members], counted


def community_people(
    session: Session, scope: Scope, codes: list[str]
) -> tuple[dict[str, int | None], Counted]:
    """Return at least how many people spoke in all of a campaign's communities, by code.

    And what is counted for the next version.
    """
    whole = Selection(scope.campaign)
    where = Proposal.public_id, Proposal.community_code
    rows = session.execute(select(*where).where(*chosen(session, whole))).all()
    place = pd.Series({row.public_id: row.community_code for row in rows}, dtype="object")
    people = _people(session, whole)
    code = people["proposal"].map(place)
    spoke = people.groupby(code)["person"].nunique()
    now = {f"{WHOLE}{one}": int(spoke.get(one, 0)) for one in codes}
    before = {name: one for name, one in scope.before.items() if name in now}
    counted = decided(now, before, version=scope.number)
    return {one: counted[f"{WHOLE}{one}"].told for one in codes}, counted


def _people(session: Session, selection: Selection) -> pd.DataFrame:
    """Return pairs of a proposal's public id and somebody behind it, also by what was joined."""
    where = chosen(session, selection)
    columns = Proposal.id, Proposal.public_id, Proposal.author_key
    rows = session.connection().execute(select(*columns).where(*where)).all()
    public = {row.id: row.public_id for row in rows}
    pairs = [(row.public_id, row.author_key or f"?{row.id}") for row in rows]
    pairs += [(public[one], key) for one, key in session.execute(joined_authors(where))]
    return pd.DataFrame(pairs, columns=["proposal", "person"])


def _members(
    scope: Scope, proposals: gpd.GeoDataFrame, relation: pd.Series
) -> Iterator[tuple[str, set[str]]]:
    """Give the public ids of the proposals behind each figure."""
    ids = proposals["id"]
    yield "all:", set(ids)
    for key, group in ids.groupby(proposals["category"]):
        yield f"category:{key}", set(group)
    themes: dict[str, set[str]] = {}
    for name, codes in zip(ids, proposals["themes"].fillna(""), strict=True):
        for code in codes.split():
            themes.setdefault(code, set()).add(name)
    for code in sorted(themes):
        yield f"theme:{code}", themes[code]
    yield from _wishes(scope, proposals)
    for key, group in pd.Series(relation.index, index=relation.index).groupby(relation):
        yield f"relation:{key}", set(group)
    for code, group in ids.groupby(proposals["community_code"]):
        yield f"community:{code}", set(group)


def _wishes(scope: Scope, proposals: gpd.GeoDataFrame) -> Iterator[tuple[str, set[str]]]:
    for question in read_questions(scope.campaign.questions):
        if question.private or not isinstance(question, Multiple | Single):
            continue
        for option in question.options:
            name = f"q_{question.key}"
            if isinstance(question, Multiple):
                hit = proposals[f"{name}_{option.key}"].fillna(False).astype(bool)
            else:
                hit = (proposals[name] == option.key).fillna(False)
            yield f"wish:{question.key}.{option.key}", set(proposals["id"][hit.to_numpy()])


def _figure(name: str, members: Mapping[str, set[str]], counted: Counted) -> Figure:
    group, _, key = name.partition(":")
    one = counted[name]
    proposals = None if group == "relation" else len(members[name])
    return Figure(group, key, proposals, one.told, one.version)
