"""What the filters of a view offer, and what of it is chosen."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from analysis.filter import ANSWER, OUTSIDE
from analysis.review.review import Review
from layers.communities.communities import community_frame
from people.access.permissions import Act, may_somewhere
from submissions.campaigns.question_types import Multiple, Number, Scale, Single
from submissions.proposals.states import Status
from wording import error_messages
from wording.review import names
from wording.review.names import Reader

Choices = list[dict[str, Any]]


def fields(here: Reader, session: Session, view: Review) -> dict[str, Any]:
    """Return the fields of the form, each with what it offers and what is chosen."""
    _ = here.words.gettext
    narrow, campaign = view.narrow, view.campaign
    categories = list(names.category_names(here, campaign).items())
    relations = [(str(k), name) for k, name in error_messages.relation_words(here.words).items()]
    moderates = may_somewhere(here.actor, Act.MODERATE)
    states = [
        (key, name) for key, name in names.status_names(here.words).items() if key in set(Status)
    ]
    return {
        "categories": _choices(categories, narrow.categories) if len(categories) > 1 else [],
        "relations": _choices(relations, narrow.relations),
        "communities": _choices(_communities(here, session, view), narrow.communities),
        "themes": _choices(list(names.theme_names(here).items()), narrow.themes),
        "states": _choices(states, narrow.statuses) if moderates else [],
        "answered": _choices(
            [("yes", _("answered")), ("no", _("not answered yet"))], _flag(narrow.answered)
        ),
        "photo": _choices(
            [("yes", _("with a photo")), ("no", _("without a photo"))], _flag(narrow.photo)
        ),
        "questions": [_question(here, view, one) for one in campaign.asked_ever if not one.private],
    }


def _choices(offered: list[tuple[str, str]], chosen: tuple[str, ...]) -> Choices:
    return [{"key": key, "name": name, "chosen": key in chosen} for key, name in offered]


def _flag(value: bool | None) -> tuple[str, ...]:
    return () if value is None else ("yes" if value else "no",)


def _communities(here: Reader, session: Session, view: Review) -> list[tuple[str, str]]:
    frame = community_frame(session, view.campaign.edition)
    named = names.by_name(names.community_names(here, frame))
    return [*named, (OUTSIDE, here.words.gettext("No community"))]


def _question(here: Reader, view: Review, question: Any) -> dict[str, Any]:
    """Return a question: choices to tick, or a span of numbers, or words."""
    given = {one.question: one.any_of for one in view.narrow.answers}.get(question.key, ())
    kind = "text"
    choices: Choices = []
    if isinstance(question, Single | Multiple):
        kind = "choice"
        options = [(o.key, here.said(o.label.model_dump())) for o in question.options]
        choices = _choices(options, given)
    elif isinstance(question, Scale | Number):
        kind = "number"
    return {
        "name": ANSWER + question.key,
        "label": here.said(question.label.model_dump()),
        "kind": kind,
        "choices": choices,
        "value": given[0] if given and kind != "choice" else "",
    }
