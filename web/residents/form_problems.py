"""What is wrong with a form that was sent: a sentence for each part of it, in the form's order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core import errors
from serving.visit import Visit
from submissions.participation.draft_faults import each_fault
from submissions.proposals.queries import CampaignView
from web.residents import proposal_form
from web.residents.proposal_form import Filled
from wording import error_messages, form_fields


@dataclass(frozen=True)
class FormProblem:
    """The part of the form, the sentence beside it, and the stable code of the error."""

    field: str
    sentence: str
    code: str


def problems_of(
    here: Visit, campaign: CampaignView, filled: Filled, error: errors.LuJianError
) -> list[FormProblem]:
    """Return what is wrong, one sentence for each part of the form, in its order."""
    found: dict[str, FormProblem] = {}
    for fault in each_fault(error):
        part = proposal_form.field_of(fault)
        found.setdefault(part, FormProblem(part, _sentence(here, filled, fault), fault.code))
    return in_order(campaign, found.values())


def in_order(campaign: CampaignView, problems: Iterable[FormProblem]) -> list[FormProblem]:
    """Return problems as the parts of the form follow each other."""
    parts = proposal_form.parts_of(campaign)
    return sorted(
        problems, key=lambda one: parts.index(one.field) if one.field in parts else len(parts)
    )


def as_json(problems: list[FormProblem]) -> dict[str, object]:
    """Return problems for the page's script: the first by itself, and all of them."""
    told = [{"field": one.field, "sentence": one.sentence, "code": one.code} for one in problems]
    return {**told[0], "problems": told}


def by_part(problems: list[FormProblem]) -> dict[str, str]:
    """Return the sentences by the parts of the form."""
    return {one.field: one.sentence for one in problems}


def _sentence(here: Visit, filled: Filled, fault: errors.LuJianError) -> str:
    """Say what is wrong; of the place in words that fit a page with a map, or one without."""
    words = here.words
    if isinstance(fault, errors.BadCoordinateError) and not filled.is_placed:
        if here.wants_json:
            return form_fields.tap_first(words)
        return form_fields.name_first(words, filled.values["place"].strip())
    of_pin = isinstance(fault, errors.OutsideAreaError | errors.BadCoordinateError)
    if of_pin and not here.wants_json and not filled.values["shape"]:
        return form_fields.another_place(words)
    return error_messages.sentence_of(fault, words)
