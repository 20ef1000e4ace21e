"""Every action that the source records has words; the trail's words are those of the source."""

from __future__ import annotations

import ast

import pytest

from core.language import LANGUAGES, translations
from people.audit.models import AuditEntry
from tests.actions_in_source import UnnamedActionError, _of_module, recorded_actions
from wording.audit_trail import action_words, said

#: Recorded by earlier versions, or in a way that cannot be read from the source.
EARLIER: frozenset[str] = frozenset()


def test_every_recorded_action_has_words_and_no_other() -> None:
    recorded = set(recorded_actions())
    assert {"filed", "status_changed", "trail_exported", "signed_in"} <= recorded
    for lang in LANGUAGES:
        named = action_words(translations(lang))
        assert recorded - set(named) == set(), "say these in wording/audit_trail.py"
        assert set(named) - recorded == EARLIER
        assert len(set(named.values())) == len(named)
        assert all(named.values())


def test_names_of_actions_fit_their_column() -> None:
    longest = AuditEntry.__table__.c.action.type.length
    assert all(len(name) <= longest for name in action_words(translations("en")))


def test_an_unknown_action_goes_by_its_name() -> None:
    assert said(translations("en"), "of_another_version") == "of_another_version"


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("def f(): record(s, a, 'x', now=n)", {"x"}),
        ("X = 'y'\ndef f(): record(s, a, X, now=n)", {"y"}),
        ("def f(): record(s, a, 'x' if b else 'z', now=n)", {"x", "z"}),
        ("X = {1: 'y', 2: 'z'}\ndef f(): self.record(s, a, X[k], now=n)", {"y", "z"}),
        ("def f(action): record(s, a, action, now=n)\ndef g(): _record(s, a, 'q')", {"q"}),
        ("def f(): record(s, a, action='w')", {"w"}),
    ],
)
def test_the_reader_of_the_source(source: str, names: set[str]) -> None:
    assert set(_of_module(ast.parse(source), "here.py")) == names  # type: ignore[arg-type]


def test_a_name_that_is_made_up_at_run_time_is_refused() -> None:
    with pytest.raises(UnnamedActionError):
        list(_of_module(ast.parse("def f(): record(s, a, f'{b}_c', now=n)"), "here.py"))  # type: ignore[arg-type]
