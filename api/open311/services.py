"""Services: the categories of campaigns, each with the campaign's questions as its definition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import NotFoundError
from core.language import in_language, translations
from submissions.campaigns.question_types import (
    IfCategory,
    LongText,
    Multiple,
    Number,
    Question,
    Scale,
    Single,
)
from submissions.campaigns.questionnaire import read_questions
from submissions.proposals.queries import CampaignView
from wording.doors.open311 import choice_hint, number_hint, text_hint

#: Between the name of a campaign and the key of a category.
DOT = "."
Told = dict[str, Any]


@dataclass(frozen=True)
class Service:
    """A category of a campaign."""

    campaign: CampaignView
    category: Mapping[str, Any]

    @property
    def code(self) -> str:
        """What it is called in addresses."""
        return f"{self.campaign.slug}{DOT}{self.key}"

    @property
    def key(self) -> str:
        """The key of the category."""
        return str(self.category["key"])

    def name(self, lang: str) -> str:
        """What it is called by people."""
        return in_language(dict(self.category["name"]), lang)

    @property
    def questions(self) -> list[Question]:
        """The questions that are asked of such a proposal."""
        return [
            question
            for question in read_questions(self.campaign.questions)
            if not isinstance(question.show_if, IfCategory) or self.key in question.show_if.category
        ]


def services(campaigns: Sequence[CampaignView]) -> Iterator[Service]:
    """Give the services of campaigns, in their order."""
    for campaign in campaigns:
        for category in campaign.categories:
            yield Service(campaign, category)


def service_named(campaigns: Sequence[CampaignView], code: str) -> Service:
    """Return the service of this code. Raises ``NotFoundError``."""
    for service in services(campaigns):
        if service.code == code:
            return service
    raise NotFoundError(kind="service")


def service_told(service: Service, lang: str) -> Told:
    """Return a service as the list has it."""
    texts = {key: dict(one) for key, one in service.campaign.texts.items()}
    said = {key: one.get("question") or one["title"] for key, one in texts.items()}
    titles = {key: one["title"] for key, one in texts.items()}
    return {
        "service_code": service.code,
        "service_name": service.name(lang),
        "description": in_language(said, lang),
        "metadata": bool(service.questions),
        # With a person who reads first, a token comes at once and the id once it is published.
        "type": "realtime" if service.campaign.publish_on_filing else "batch",
        "keywords": service.campaign.theme,
        "group": in_language(titles, lang),
    }


def definition_told(service: Service, lang: str) -> Told:
    """Return what is asked with a request for a service."""
    return {
        "service_code": service.code,
        "attributes": [
            _attribute(question, place, lang) for place, question in enumerate(service.questions, 1)
        ],
    }


def _attribute(question: Question, order: int, lang: str) -> Told:
    told = {
        "variable": True,
        "code": question.key,
        "datatype": _datatype(question),
        # What hangs on another answer cannot be demanded of everybody.
        "required": question.required and question.show_if is None,
        "datatype_description": _hint(question, lang),
        "order": order,
        "description": in_language(question.label.model_dump(), lang),
    }
    values = _values(question, lang)
    return told | ({"values": values} if values else {})


def _hint(question: Question, lang: str) -> str:
    """Return what helps to answer: the campaign's own hint, else what an answer may be."""
    if question.hint is not None:
        return in_language(question.hint.model_dump(), lang)
    words = translations(lang)
    if isinstance(question, Multiple):
        return choice_hint(words, most=question.most or len(question.options))
    if isinstance(question, Single | Scale):
        return choice_hint(words, most=1)
    if isinstance(question, Number):
        unit = in_language(question.unit.model_dump(), lang) if question.unit else ""
        return number_hint(words, question.least, question.most, unit, whole=question.whole)
    return text_hint(words, question.most)


def _datatype(question: Question) -> str:
    if isinstance(question, Single | Scale):
        return "singlevaluelist"
    if isinstance(question, Multiple):
        return "multivaluelist"
    if isinstance(question, Number):
        return "number"
    return "text" if isinstance(question, LongText) else "string"


def _values(question: Question, lang: str) -> list[Told]:
    if isinstance(question, Single | Multiple):
        options = question.options
        return [
            {"key": one.key, "name": in_language(one.label.model_dump(), lang)} for one in options
        ]
    if isinstance(question, Scale):
        steps = range(question.least, question.most + 1)
        return [{"key": str(step), "name": str(step)} for step in steps]
    return []
