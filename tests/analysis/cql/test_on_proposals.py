"""A filter asked of the database finds what the same filter finds in the same rows in memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from sqlalchemy import select

from analysis import frames, results
from analysis.cql import on_proposals
from analysis.cql.on_rows import rows_that_meet
from analysis.cql.reading import read_cql2
from analysis.selection import Selection, chosen
from core.database import Database
from layers.export.geojson import proposal_properties
from moderation.changes import change_status
from people.access.actor import OPERATOR, Actor
from submissions.campaigns import questionnaire
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView, campaign_by_slug
from submissions.proposals.states import Status
from tests.conftest import make_campaign
from tests.submissions.acting import act, file

QUESTIONS = [
    {
        "key": "when",
        "kind": "single",
        "label": {"zh_CN": "几点", "en": "When"},
        "options": [
            {"key": one, "label": {"zh_CN": one, "en": one}} for one in ("morning", "evening")
        ],
    },
    {
        "key": "what",
        "kind": "multiple",
        "label": {"zh_CN": "什么", "en": "What"},
        "options": [{"key": one, "label": {"zh_CN": one, "en": one}} for one in ("tree", "seat")],
    },
    {
        "key": "many",
        "kind": "number",
        "label": {"zh_CN": "几个", "en": "How many"},
        "least": 0.0,
        "most": 99.0,
    },
]
FILTERS = [
    "category = 'public_space'",
    "category IN ('public_space', 'nothing')",
    "text LIKE '%单车%'",
    r"text LIKE '%100\%%'",
    r"text LIKE '%[a]*?%'",
    "text LIKE '%*%'",
    "text LIKE '%?%' OR text LIKE '%[%'",
    "text LIKE '第_条%'",
    "CASEI(text) LIKE CASEI('%ÉTOILE%')",
    "text LIKE '%Étoile%' AND NOT text LIKE '%étoile%'",
    "text < '第3' AND text > '第1'",
    "supports BETWEEN 0 AND 0",
    "stage IS NULL AND NOT (supports > 0)",
    "stage <> 'built'",
    "community_code IS NULL OR community_code = '110108017001'",
    "kind = 'line' OR length_m > 10",
    "NOT kind = 'line'",
    "created > TIMESTAMP('2026-05-01T14:00:00Z')",
    "created <= DATE('2026-05-01')",
    *(
        f"{told}T_{op}(INTERVAL(created, created), INTERVAL('{first}', '{last}'))"
        for told in ("", "NOT ")
        for first, last in (("2026-05-01T13:00:00Z", "2026-05-01T15:00:00Z"), ("..", "2026-05-01"))
        for op in ("CONTAINS", "DURING", "FINISHES", "FINISHEDBY", "MEETS", "OVERLAPS", "STARTS")
    ),
    "T_AFTER(created, TIMESTAMP('2026-05-01T12:30:00Z'))",
    "T_EQUALS(DATE('2026-05-01'), created)",
    "T_INTERSECTS(INTERVAL('2026-05-01T11:00:00Z', '..'), created)",
    "q_when = 'evening'",
    "q_when IS NULL",
    "q_what_tree",
    "q_what_tree = FALSE",
    "q_what_seat IS NULL",
    "q_many >= 3",
    "NOT q_many >= 3",
    "longitude > 116.31 AND latitude < 40.05",
    "id = campaign",
    "campaign = 'test-campaign'",
    "placed_by = relation OR relation = 'lives'",
    "S_INTERSECTS(geometry, BBOX(116.30, 40.02, 116.312, 40.04))",
    "S_DISJOINT(geometry, BBOX(116.30, 40.02, 116.312, 40.04))",
    "S_WITHIN(geometry, POLYGON((116.30 40.02, 116.33 40.02, 116.30 40.05, 116.30 40.02)))",
    "S_INTERSECTS(geometry, POINT(116.3312 40.03))",
    "S_EQUALS(geometry, POINT(116.301 40.03)) OR S_CROSSES(geometry, LINESTRING(116.331 40, 116.331 41))",  # noqa: E501
    "S_INTERSECTS(geometry, BBOX(-1, -1, 1, 1))",
    *(
        f"{told}(S_INTERSECTS(geometry, BBOX(116.30, 40.02, 116.312, 40.04)) {join} {other})"
        for told in ("", "NOT ")
        for join in ("AND", "OR", "AND NOT")
        for other in (
            "category = 'public_space'",
            "q_many >= 3",
            "NOT S_CROSSES(geometry, LINESTRING(116.331 40, 116.331 41)) AND stage IS NULL",
        )
    ),
    "NOT S_INTERSECTS(geometry, BBOX(116.30, 40.02, 116.312, 40.04)) AND NOT q_many >= 3",
    "TRUE",
    "NOT TRUE",
    "1 = 2",
]


@pytest.fixture
def filled(database: Database) -> CampaignView:
    """Give a campaign with 12 proposals, a line among them, and one that was hidden."""
    campaign = make_campaign(database, questions=QUESTIONS, geometry_kinds=["point", "line"])
    texts = [
        "单车 100% 满",
        "a [a]*? b",
        "Étoile rue",
        "étoile",
        "第1条",
        "第2条建议",
        "平常的建议",
    ]
    for n in range(12):
        answers: dict[str, Any] = {"when": ["morning", "evening"][n % 2]} if n % 3 else {}
        answers |= {"what": ["tree"] if n % 2 else ["seat"], "many": n / 2} if n % 4 else {}
        shape = {"type": "LineString", "coordinates": [[116.33, 40.03], [116.332, 40.03]]}
        file(
            database,
            campaign,
            Actor(f"device {n}"),
            text=f"{texts[n % 7]}{n if n > 6 else ''}",
            category="public_space" if n % 3 == 0 else "bike_parking",
            longitude=116.301 + 0.002 * n,
            answers=answers,
            shape=shape if n == 5 else None,
        )
    hidden = file(database, campaign, Actor("hidden"), text="隐藏的单车").public_id
    act(database, change_status, OPERATOR, hidden, Status.HIDDEN, reason="x")
    with database.reading() as session:
        return campaign_by_slug(session, campaign.slug)


def test_the_database_finds_what_rows_in_memory_meet(
    database: Database, filled: CampaignView
) -> None:
    kinds = on_proposals.kinds(filled)
    with database.reading() as session:
        where = chosen(session, Selection(filled))
        rows = [
            row for batch in frames.stream_published(session, filled.id, where) for row in batch
        ]
        told = [
            proposal_properties(
                {**row._asdict(), "campaign": filled.slug},
                questionnaire.flat(filled.asked_ever, row.answers),
            )
            for row in rows
        ]
        shapes = np.array(
            [row.geometry or shapely.Point(row.longitude, row.latitude) for row in rows],
            dtype=object,
        )
        pins = results.pins(database, Selection(filled))[1]
        asked = on_proposals.Asked(session, filled, lambda: pins)
        found_any = 0
        for text in FILTERS:
            term = read_cql2(text, kinds)
            met = rows_that_meet(term, told, shapes)
            wanted = {row.id for row, hit in zip(rows, met, strict=True) if hit}
            numbers = on_proposals.matching(asked, where, term).tolist()
            named = select(Proposal.public_id).where(Proposal.id.in_(numbers))
            assert set(session.scalars(named)) == wanted, text
            assert numbers == sorted(numbers)
            found_any += bool(wanted) and len(wanted) < len(rows)
    assert len(rows) == 12
    assert found_any >= 25
