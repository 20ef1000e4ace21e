"""Any changes of staff, undone in reverse, restore the first state exactly."""

from __future__ import annotations

from typing import Any

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from core.database import Database
from core.errors import EmptyTextError, UnchangedError, WrongStateError
from moderation.changes import (
    change_answers,
    change_status,
    edit_text,
    move_pin,
    recategorise,
    redact,
)
from moderation.undo import undo_change
from tests.conftest import make_campaign
from tests.examples import examples
from tests.moderation.changing import ANSWERS, QUESTIONS, TEXT, do, state
from tests.submissions.acting import file


def test_any_changes_undone_in_reverse_restore_the_first_state(database: Database) -> None:
    campaign = make_campaign(database, questions=QUESTIONS, slug="any-changes")

    class Staff(RuleBasedStateMachine):
        @initialize(category=st.sampled_from(["bike_parking", "public_space"]))
        def file(self, category: str) -> None:
            receipt = file(database, campaign, text=TEXT, answers=ANSWERS, category=category)
            self.name = receipt.public_id
            self.states = [state(database, self.name)]
            self.done: list[int] = []

        def change(self, action: Any, *given: Any, **named: Any) -> None:
            try:
                change_id = do(database, action, self.name, *given, **named)
            except (UnchangedError, WrongStateError, EmptyTextError):
                assert state(database, self.name) == self.states[-1]
                return
            self.done.append(change_id)
            self.states.append(state(database, self.name))
            assert self.states[-1] != self.states[-2]

        @rule(text=st.text(max_size=12))
        def edit(self, text: str) -> None:
            self.change(edit_text, text)

        @rule(data=st.data())
        def redact(self, data: st.DataObject) -> None:
            length = len(self.states[-1]["text"])
            start = data.draw(st.integers(0, length - 1))
            end = data.draw(st.integers(start + 1, length))
            self.change(redact, [(start, end)], word=data.draw(st.sampled_from(["", "某人"])))

        @rule(category=st.sampled_from(["bike_parking", "public_space"]))
        def put(self, category: str) -> None:
            self.change(recategorise, category)

        @rule(
            relation=st.none() | st.sampled_from(["lives", "works", "other"]),
            answers=st.dictionaries(
                st.sampled_from(["why", "bikes"]), st.sampled_from(["", "甲", "乙"])
            ),
        )
        def correct(self, relation: str | None, answers: dict[str, str]) -> None:
            self.change(change_answers, relation=relation, answers=answers)

        @rule(x=st.floats(116.30, 116.34), y=st.floats(40.02, 40.06))
        def move(self, x: float, y: float) -> None:
            self.change(move_pin, x, y)

        @rule(status=st.sampled_from(["published", "held", "hidden", "received"]))
        def set_status(self, status: str) -> None:
            self.change(change_status, status)

        @rule(most=st.integers(1, 9))
        def undo(self, most: int) -> None:
            for _ in range(min(most, len(self.done))):
                self.undo_last()

        def undo_last(self) -> None:
            do(database, undo_change, self.done.pop())
            self.states.pop()
            assert state(database, self.name) == self.states[-1]

        def teardown(self) -> None:
            while getattr(self, "done", []):
                self.undo_last()

    run_state_machine_as_test(
        Staff,
        settings=hypothesis_settings(
            max_examples=examples(24), stateful_step_count=15, deadline=None
        ),
    )
