"""The fields of a campaign's collections, with what the campaign itself says of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from api.collections.model import Field
from layers.export.data_dictionary import Column
from submissions.campaigns.question_types import Multiple, Question, Scale, Single
from submissions.proposals.queries import CampaignView

Texts = Mapping[str, str]


def fields_of(campaign: CampaignView, columns: Sequence[Column]) -> tuple[Field, ...]:
    """Return columns as fields: with the question, option or category that each is about."""
    asked = [one for one in campaign.asked_ever if not one.private]
    texts = {**dict(_of_categories(campaign)), **dict(_of_questions(asked))}
    codes = {"category": {str(one["key"]): one["name"] for one in campaign.categories}}
    codes |= {f"q_{one.key}": _options(one) for one in asked if isinstance(one, Single)}
    return tuple(
        Field(
            one.name,
            one.kind,
            one.meaning,
            _texts_of(one.name, texts),
            codes.get(one.name, {}),
            coded=True,
        )
        for one in columns
    )


def _texts_of(name: str, texts: Mapping[str, Texts]) -> Texts:
    """Return the texts of a column, or of the question that it tells a figure of."""
    return texts.get(name) or texts.get(name.rpartition("_")[0], {})


def _of_categories(campaign: CampaignView) -> Iterator[tuple[str, Texts]]:
    for category in campaign.categories:
        for kind in ("proposals", "share"):
            yield f"{kind}_{category['key']}", category["name"]


def _of_questions(asked: Sequence[Question]) -> Iterator[tuple[str, Texts]]:
    for question in asked:
        name, label = f"q_{question.key}", question.label.model_dump()
        yield name, label
        for key, text in _options(question).items():
            yield f"{name}_{key}", {lang: f"{label[lang]} {text[lang]}" for lang in label}


def _options(question: Question) -> dict[str, Texts]:
    if isinstance(question, Single | Multiple):
        return {one.key: one.label.model_dump() for one in question.options}
    if isinstance(question, Scale):
        steps = range(question.least, question.most + 1)
        return {str(step): dict.fromkeys(question.label.model_dump(), str(step)) for step in steps}
    return {}
