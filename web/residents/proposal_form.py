"""The form in which a resident says something: what it shows, and how what comes back is read.

Questions come from the campaign's schema, sentences from ``wording``, checks from the actions: here
is only the way from a form's fields to a draft and back, so that nothing typed is lost.
"""

from __future__ import annotations

import math
import re
import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from starlette.datastructures import FormData

from core import errors
from layers.map import category_icons
from people.access.permissions import Act
from printing.links import greeted_name
from serving.visit import Visit
from submissions.campaigns import questionnaire
from submissions.campaigns.phases import allows
from submissions.campaigns.question_types import Question
from submissions.participation import proposal_draft
from submissions.participation.personal_words import (
    PersonalPart,
    PersonalWordsError,
    personal_parts,
    public_words,
    without_personal,
)
from submissions.proposals.queries import CampaignView
from submissions.proposals.states import EntryChannel, Placement
from wording import error_messages, form_fields
from wording.personal_words import told_parts
from wording.phases import told_phase

PLAIN = (
    "client_token",
    "longitude",
    "latitude",
    "placed_by",
    "accuracy_m",
    "shape",
    "place",
    "why_another",
    "category",
    "text",
    "photos",
    "relation",
    "contact",
    "consent",
    "entry",
    "personal",
)
TAKE_OUT, KEEP = "out", "keep"
MOST_TYPED = 20_000
#: What PostgreSQL or UTF-8 cannot hold: no keyboard types it.
_UNSENDABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass
class Filled:
    """What stands in the form, as typed. ``answers``: question key -> what was chosen or typed.

    ``values["personal"]`` is what is to become of personal details: ``TAKE_OUT``, ``KEEP``, or
    empty until it was asked. ``personal`` are those that were found.
    """

    values: dict[str, str]
    answers: dict[str, list[str]] = field(default_factory=dict)
    honey: str = ""
    proof: str = ""
    personal: Sequence[PersonalPart] = ()

    @property
    def photo_names(self) -> list[str]:
        """Names of the photos that were sent before."""
        return [name for name in self.values["photos"].split(",") if name]

    @property
    def is_placed(self) -> bool:
        """Tell whether the form names a place on the map."""
        return bool(self.values["shape"] or (self.values["longitude"] and self.values["latitude"]))


def empty(asked: Mapping[str, str]) -> Filled:
    """Return a fresh form; ``?at=LON,LAT`` (a QR card) places the pin, ``?place=`` names it."""
    values = dict.fromkeys(PLAIN, "") | {
        "client_token": secrets.token_hex(16),
        "placed_by": str(Placement.TAP),
        "entry": str(EntryChannel.PAPER),
    }
    longitude, comma, latitude = asked.get("at", "").partition(",")
    if comma and _is_number(longitude) and _is_number(latitude):
        values |= {"longitude": longitude, "latitude": latitude, "placed_by": "search"}
    values["category"] = asked.get("category", "")
    values["place"] = greeted_name(asked.get("place", ""))
    return Filled(values)


def read(sent: FormData) -> Filled:
    """Return what a form sent, as it was typed."""

    def texts(name: str) -> list[str]:
        given = [value for value in sent.getlist(name) if isinstance(value, str)]
        return [_UNSENDABLE.sub("", value[:MOST_TYPED]) for value in given]

    def text(name: str) -> str:
        return (texts(name) or [""])[-1]

    answers = {
        _UNSENDABLE.sub("", name)[2:]: [value for value in texts(name) if value]
        for name in sent
        if name.startswith("q_")
    }
    filled = Filled({name: text(name) for name in PLAIN}, answers, text("website"), text("proof"))
    filled.values["client_token"] = filled.values["client_token"] or secrets.token_hex(16)
    filled.values["placed_by"] = filled.values["placed_by"] or str(Placement.TAP)
    longitude, comma, latitude = text("candidate").partition(",")
    if comma and not filled.is_placed:
        filled.values |= {"longitude": longitude, "latitude": latitude, "placed_by": "search"}
    return filled


def draft_of(
    filled: Filled, campaign: CampaignView, *, language: str, staff: bool, proven: bool | None
) -> proposal_draft.DraftProposal:
    """Return the draft that the form describes; the actions check it."""
    values = filled.values
    entry = values["entry"] if staff else str(EntryChannel.SELF)
    return proposal_draft.DraftProposal(
        client_token=values["client_token"],
        longitude=values["longitude"],  # type: ignore[arg-type]  # the actions read numbers
        latitude=values["latitude"],  # type: ignore[arg-type]
        category=values["category"] or _only_category(campaign),
        text=values["text"],
        relation=values["relation"],
        placed_by=values["placed_by"],
        accuracy_m=values["accuracy_m"] or None,  # type: ignore[arg-type]
        shape=values["shape"] or None,
        answers={key: given for key, given in filled.answers.items() if given},
        why_another=values["why_another"],
        asks_personal=values["personal"] not in {TAKE_OUT, KEEP},
        photos=filled.photo_names,
        contact=values["contact"],
        consent=bool(values["consent"]),
        language=language,
        entry=entry,
        honey=filled.honey,
        proven=proven,
    )


def take_out_personal(filled: Filled, campaign: CampaignView) -> None:
    """Leave personal details out of all that others would read, where the form asks for that."""
    if filled.values["personal"] != TAKE_OUT:
        return
    for name in ("text", "why_another"):
        filled.values[name] = without_personal(filled.values[name])
    for question in _questions(campaign):
        if question.kind in {"short_text", "long_text"} and not question.private:
            given = filled.answers.get(question.key, [])
            filled.answers[question.key] = [without_personal(said) for said in given]


def check_personal(filled: Filled, campaign: CampaignView) -> None:
    """Raise ``PersonalWordsError`` for personal details of which nobody has said what to do."""
    given = {key: said[0] for key, said in filled.answers.items() if len(said) == 1}
    words = public_words(campaign.questions, filled.values["text"], given)
    if not filled.values["personal"] and (parts := personal_parts(words)):
        raise PersonalWordsError(parts=parts)


def field_of(error: errors.LuJianError) -> str:
    """Name the part of the form that an error speaks of."""
    if isinstance(error, errors.AnswerError):
        return f"q_{error.params['question']}"
    fields: dict[type[errors.LuJianError], str] = {
        errors.OutsideAreaError: "place",
        errors.BadCoordinateError: "place",
        errors.BadShapeError: "place",
        errors.EmptyTextError: "text",
        errors.LongTextError: "text",
        errors.UnknownCategoryError: "category",
        errors.UnknownRelationError: "relation",
        errors.BadPhotoError: "photo",
        errors.BadContactError: "contact",
    }
    return next((name for kind, name in fields.items() if isinstance(error, kind)), "form")


def parts_of(campaign: CampaignView) -> list[str]:
    """Return the names of the form's parts, from its top to its button."""
    category = ["category"] if len(campaign.categories) > 1 else []
    asked = sorted(_questions(campaign), key=_is_minor)
    photo = ["photo"] if campaign.max_photos else []
    answers = [f"q_{question.key}" for question in asked]
    contact = ["contact"] if campaign.asks_contact else []
    return ["place", *category, "text", *answers, *photo, "relation", *contact, "form"]


def shown(
    visit: Visit,
    campaign: CampaignView,
    filled: Filled,
    *,
    problems: Mapping[str, str] | None = None,
    candidates: list[dict[str, Any]] | None = None,
    at: str = "",
    known: dict[str, str] | None = None,
    staff: bool = False,
) -> dict[str, Any]:
    """Return what the template of the form needs."""
    words = visit.words
    chosen = filled.values["category"] or _only_category(campaign)
    categories = [_option(visit, category) for category in campaign.categories]
    told = _problems(visit, campaign, problems or {})
    missing = _summary(visit, campaign, told)
    return {
        "action": f"/w/c/{campaign.slug}/" + ("assist" if staff else "say"),
        "slug": campaign.slug,
        "draft": campaign.slug,
        "staff": staff,
        "changing": False,
        "drawn": False,
        "preview": False,
        "closed": _closed(visit, campaign),
        "kinds": [str(kind) for kind in campaign.geometry_kinds],
        "kind_names": form_fields.kind_words(words),
        "words": form_fields.script_words(words, campaign, visit.lang),
        "looks": {
            option["key"]: {
                "name": option["name"],
                "example": form_fields.example_of(words, campaign, visit.lang, option["key"]),
            }
            for option in categories
        },
        "typed": filled.values,
        "personal": told_parts(filled.personal, words),
        "answers": {q.key: filled.answers.get(q.key, []) for q in _questions(campaign)},
        "photo_names": filled.photo_names,
        "problems": told,
        "first_problem": next((part for part in parts_of(campaign) if told.get(part)), ""),
        "known": known,
        "missing": missing,
        "missing_heading": form_fields.problems_heading(words, len(missing)),
        "candidates": candidates or [],
        "at": at,
        "categories": categories,
        "hint": form_fields.example_of(words, campaign, visit.lang, chosen),
        "max_text_length": campaign.max_text_length,
        "questions": [_question(visit, question) for question in _questions(campaign)],
        "minor_open": any(told[f"q_{q.key}"] for q in _questions(campaign)),
        "max_photos": campaign.max_photos,
        "photo_label": form_fields.photo_label(words, campaign.max_photos),
        "entries": _named(form_fields.entry_words(words)),
        "relations": _named(error_messages.relation_words(words)),
        "contact_label": _contact_label(visit, campaign),
    }


def _closed(visit: Visit, campaign: CampaignView) -> str:
    """Return the sentence that stands over the form of a closed campaign."""
    now = datetime.now(UTC)
    if allows(campaign, Act.FILE, now):
        return ""
    coming = told_phase(visit.words, visit.lang, campaign, now)["next"]
    return (
        f"{error_messages.sentence_of(errors.CampaignClosedError(), visit.words)} {coming}".strip()
    )


def _contact_label(visit: Visit, campaign: CampaignView) -> str:
    kinds = visit.room.channels
    return form_fields.channel_label(visit.words, kinds) if campaign.asks_contact and kinds else ""


def _named(words: Mapping[Any, str]) -> list[dict[str, str]]:
    return [{"key": str(key), "name": name, "sign": "", "color": ""} for key, name in words.items()]


def _option(visit: Visit, category: dict[str, Any]) -> dict[str, str]:
    return {
        "key": category["key"],
        "name": visit.said(category["name"]),
        "sign": category_icons.path(category.get("icon")),
        "color": category.get("color", ""),
    }


def _questions(campaign: CampaignView) -> tuple[Question, ...]:
    return questionnaire.read_questions(campaign.questions)


def _problems(
    visit: Visit, campaign: CampaignView, problems: Mapping[str, str]
) -> defaultdict[str, str]:
    """Return the sentence of each part; those of parts that the form has not, at its button."""
    parts = set(parts_of(campaign))
    if not _contact_label(visit, campaign):
        parts.discard("contact")
    told: defaultdict[str, str] = defaultdict(str)
    for part, said in problems.items():
        told[part if part in parts else "form"] = said
    return told


def _summary(visit: Visit, campaign: CampaignView, told: Mapping[str, str]) -> list[dict[str, str]]:
    """Return all that is wrong, each with its part; nothing of a single one, which speaks alone."""
    listed = [part for part in parts_of(campaign) if told.get(part)]
    if len(listed) < 2:
        return []
    labels = {f"q_{q.key}": visit.said(q.label.model_dump()) for q in _questions(campaign)}
    return [
        {"to": f"say-{part}", "said": " ".join(filter(None, [labels.get(part), told[part]]))}
        for part in listed
    ]


def _question(visit: Visit, question: Question) -> dict[str, Any]:
    """Return a question in the reader's language."""

    def said(words: Any) -> str:
        return visit.said(words.model_dump()) if words is not None else ""

    options = [
        {
            "key": option.key,
            "name": said(option.label),
            "sign": category_icons.path(option.icon) if option.icon else "",
            "color": "",
        }
        for option in getattr(question, "options", ())
    ]
    if question.kind == "scale":
        steps = range(question.least, question.most + 1)
        options = [{"key": str(n), "name": str(n), "sign": "", "color": ""} for n in steps]
    ends = getattr(question, "ends", None)
    return {
        "key": question.key,
        "kind": question.kind,
        "minor": _is_minor(question),
        "label": said(question.label),
        "hint": said(question.hint),
        "required": question.required,
        "when": question.show_if.model_dump() if question.show_if else None,
        "options": options,
        "ends": [said(ends.least), said(ends.most)] if ends else ["", ""],
        "least": getattr(question, "least", None),
        "most": getattr(question, "most", None),
        "unit": said(getattr(question, "unit", None)),
    }


def _is_minor(question: Question) -> bool:
    """Tell whether a question stands folded at the end, so that the form stays short."""
    choice = question.kind in {"single", "multiple"}
    return not question.required and question.show_if is None and (question.private or not choice)


def _only_category(campaign: CampaignView) -> str:
    return str(campaign.categories[0]["key"]) if len(campaign.categories) == 1 else ""


def _is_number(text: str) -> bool:
    try:
        return len(text) < 30 and math.isfinite(float(text))
    except ValueError:
        return False
