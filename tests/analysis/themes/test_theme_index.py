"""Themes in the database: read in the background, corrected by people, filtered by, handed out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from analysis import results, selection
from analysis.filter import Filter
from analysis.models import ProposalTheme
from analysis.selection import Selection
from analysis.themes.correct_theme import correct_theme
from analysis.themes.taxonomy import taxonomy_in_force
from analysis.themes.theme_index import reading_state, themes_of
from analysis.themes.theme_reader import Way
from analysis.themes.training import QUIET_FOR, ThemeTrainer, current_model, unused_corrections
from core.database import Database
from core.errors import InvalidError, NotAllowedError
from people.access.actor import Actor, Role, everywhere
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView
from tests.conftest import NOW
from tests.submissions.acting import AUTHOR, act, file, moderate

PLANNER = Actor("planner", everywhere(Role.COMMUNITY_PLANNER), name="规划师")
TAXONOMY = taxonomy_in_force()


def themes(database: Database, public_id: str) -> dict[str, tuple[int, str]]:
    with database.reading() as session:
        number = session.scalars(select(Proposal.id).where(Proposal.public_id == public_id)).one()
        return themes_of(session, [number]).get(number, {})


def correct(database: Database, public_id: str, theme: str, present: bool, **more: Any) -> None:
    given = {"present": present, "now": NOW, **more}
    actor = given.pop("actor", PLANNER)
    act(database, correct_theme, actor, TAXONOMY, public_id, theme, **given)


def found(database: Database, campaign: CampaignView, *codes: str) -> int:
    return results.total(database, Selection(campaign, Filter(themes=codes)))


@pytest.fixture(scope="module")
def trainer() -> ThemeTrainer:
    """One for all: what it makes of the same labels is the same."""
    return ThemeTrainer(TAXONOMY)


def test_themes_follow_what_is_filed_changed_and_corrected(
    database: Database, campaign: CampaignView, trainer: ThemeTrainer
) -> None:
    seats = file(database, campaign, text="椅子太少，老人没处坐")
    lamp = file(database, campaign, Actor("other"), text="请装一盏路灯，晚上太黑")
    assert found(database, campaign, "seats") == 0
    assert trainer.round(database, NOW) == 0
    assert {"seats", "too_few"} <= set(themes(database, seats.public_id))
    assert "light" in themes(database, lamp.public_id)
    assert found(database, campaign, "seats") == found(database, campaign, "light") == 1
    assert found(database, campaign, "use") == found(database, campaign, "seats", "light") == 2
    assert found(database, campaign, "position") == 0

    # One click: in force at once, also in what was kept; it stands when all is read anew.
    correct(database, seats.public_id, "seats", False)
    correct(database, seats.public_id, "shelter", True)
    assert "seats" not in themes(database, seats.public_id)
    assert themes(database, seats.public_id)["shelter"] == (100, Way.PERSON)
    assert (found(database, campaign, "seats"), found(database, campaign, "shelter")) == (0, 1)
    with database.reading() as session:
        first = current_model(session)
        assert first is not None
        assert unused_corrections(session, first) == 2
    assert trainer.in_force(database, NOW + QUIET_FOR / 2).id == first.id
    later = NOW + QUIET_FOR
    assert trainer.round(database, later) == 0
    with database.reading() as session:
        second = current_model(session)
        assert second is not None
        assert (second.corrections, unused_corrections(session, second)) == (1, 0)
        assert second.trained == later
        assert second.id != first.id
        assert reading_state(session).model_id == second.id
    assert themes(database, seats.public_id)["shelter"] == (100, Way.PERSON)
    assert "seats" not in themes(database, seats.public_id)

    # Another text is read anew; what was said of the earlier one is not said of it.
    change = {"text": "这里要放椅子"}
    with database.reading() as session:
        row = session.scalars(select(Proposal).where(Proposal.public_id == seats.public_id)).one()
        number = row.id
    database.write(lambda s: _reword(s, number, change["text"]))
    assert trainer.round(database, later + timedelta(seconds=5)) == 0
    assert set(themes(database, seats.public_id)) >= {"seats"}
    assert "shelter" not in themes(database, seats.public_id)


def _reword(session: Any, number: int, text: str) -> None:
    from people.audit.record import record

    row = session.get_one(Proposal, number)
    row.text = text
    record(session, AUTHOR, "edited", now=NOW, campaign_id=row.campaign_id, proposal_id=number)


def test_another_process_makes_the_same_reader_and_writes_no_other(
    database: Database, campaign: CampaignView, trainer: ThemeTrainer
) -> None:
    file(database, campaign, text="垃圾太多，太臭了")
    one = trainer.in_force(database, NOW)
    other = ThemeTrainer(TAXONOMY).in_force(database, NOW + timedelta(days=1))
    assert one == other


def test_who_may_correct_and_what(
    database: Database, campaign: CampaignView, trainer: ThemeTrainer
) -> None:
    shown = file(database, campaign, text="请装一盏路灯").public_id
    hidden = file(database, campaign, Actor("x"), text="请放椅子").public_id
    moderate(database, hidden, "hidden")
    trainer.round(database, NOW)
    for actor in (Actor("nobody"), Actor("dept", everywhere(Role.DEPARTMENT))):
        with pytest.raises(NotAllowedError):
            correct(database, shown, "light", False, actor=actor)
    with pytest.raises(InvalidError):
        correct(database, shown, "no_theme", True)
    with pytest.raises(InvalidError):
        selection.ids(_session(database), Selection(campaign, Filter(themes=("no_theme",))))
    assert "light" in themes(database, shown)


def _session(database: Database) -> Any:
    with database.reading() as session:
        return session


def test_what_was_hidden_is_not_learned_from(
    database: Database, campaign: CampaignView, trainer: ThemeTrainer
) -> None:
    gone = file(database, campaign, text="请放椅子").public_id
    trainer.round(database, NOW)
    correct(database, gone, "seats", False)
    moderate(database, gone, "hidden")
    trainer.round(database, NOW + QUIET_FOR)
    with database.reading() as session:
        model = current_model(session)
    assert model is not None
    assert model.corrections == 0


def test_files_have_the_themes_and_say_what_is_not_read_yet(
    database: Database, campaign: CampaignView, trainer: ThemeTrainer
) -> None:
    file(database, campaign, text="请装一盏路灯")
    file(database, campaign, Actor("b"), text="支持")
    trainer.round(database, NOW)
    file(database, campaign, Actor("c"), text="放几把椅子")
    with database.reading() as session:
        rows = [row for batch in selection.batches(session, Selection(campaign)) for row in batch]
    assert [row.themes for row in rows] == ["light more", "", None]


def test_a_round_with_nothing_new_changes_nothing(
    database: Database, campaign: CampaignView, trainer: ThemeTrainer
) -> None:
    file(database, campaign, text="请装一盏路灯")
    trainer.round(database, NOW)
    with database.reading() as session:
        before = reading_state(session), session.scalars(select(ProposalTheme.theme)).all()
    assert trainer.round(database, NOW) == 0
    with database.reading() as session:
        assert (
            reading_state(session),
            session.scalars(select(ProposalTheme.theme)).all(),
        ) == before
