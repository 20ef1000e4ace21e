"""What speaks for a theme is quoted, not what most of its texts say besides."""

from __future__ import annotations

from sqlalchemy import insert, select

from analysis.filter import Filter
from analysis.models import ProposalTheme
from analysis.selection import Selection
from core.database import Database
from deliberation.hotspot_profile import quotes
from people.access.actor import Actor
from submissions.proposals.models import Proposal
from tests.conftest import make_campaign
from tests.submissions.acting import file

#: Many speak of bikes at the station and of trees in passing; two speak of trees alone.
BESIDE = "地铁口自行车太多停不下，{}希望也种几棵树"
TREES = ("小区里的大树被砍了，请补种同样的大树", "请给小区补种大树，夏天太晒了")


def test_quotes_of_a_theme_are_about_it(database: Database) -> None:
    campaign = make_campaign(database)
    texts = [BESIDE.format(word) for word in ("真的", "请问", "确实", "另外", "而且")]
    for number, text in enumerate([*texts, *TREES]):
        file(database, campaign, Actor(f"d{number}"), text=text)
    marks = []
    with database.reading() as session:
        for row in session.execute(select(Proposal.id, Proposal.text)):
            alone = row.text in TREES
            sure = {"greenery": 80 if alone else 45} | ({} if alone else {"too_many": 90})
            marks += [
                {"proposal_id": row.id, "theme": theme, "confidence": one, "way": "rules"}
                for theme, one in sure.items()
            ]
    database.write(lambda session: session.execute(insert(ProposalTheme), marks))

    def first(*themes: str) -> str:
        narrow = Filter(themes=themes)
        return quotes(database, Selection(campaign, narrow))[0].view.text

    assert first() in texts
    assert first("too_many") in texts
    assert first("greenery") in TREES
    assert first("use") in TREES  # the group of themes that it is of
