"""What the columns of a pack are called where people read them, in its language."""

from __future__ import annotations

from gettext import GNUTranslations

from core.language import in_language
from submissions.campaigns.question_types import Multiple, Question
from submissions.campaigns.questionnaire import columns, read_questions
from submissions.proposals.queries import CampaignView


def column_titles(words: GNUTranslations, lang: str, campaign: CampaignView) -> dict[str, str]:
    """Return the titles of columns by name; those of uploaded layers keep their own names."""
    return {**_plain(words), **_asked(lang, campaign)}


def _plain(words: GNUTranslations) -> dict[str, str]:
    _ = words.gettext
    return {
        "id": _("Number of the proposal"),
        "category": _("Category"),
        "text": _("In the resident's words"),
        "day": _("Filed on"),
        "kind": _("Kind of thing"),
        "length_m": _("Length (m)"),
        "area_m2": _("Area (m²)"),
        "area_km2": _("Area (km²)"),
        "supports": _("Supports"),
        "stage": _("Latest step of the office"),
        "themes": _("Themes"),
        "theme": _("Theme"),
        "member": _("Part of the topic or scenario"),
        "distance_m": _("Distance from the place (m)"),
        "community_code": _("Code of the community"),
        "edition": _("Edition of the borders"),
        "hotspot_id": _("Hotspot"),
        "key": _("Number of the site"),
        "name": _("Name"),
        "name_zh": _("Name in Chinese"),
        "name_en": _("Name in English"),
        "code": _("Code"),
        "reason": _("Kept free for"),
        "width_m": _("Kept free on each side (m)"),
        "proposals": _("Proposals"),
        "population": _("Residents"),
        "people_at_least": _("People, at least"),
    }


def _asked(lang: str, campaign: CampaignView) -> dict[str, str]:
    found: dict[str, str] = {}
    for question in read_questions(campaign.asked_ever):
        names = [one.name for one in columns([question])]  # none of a private question
        found |= dict(zip(names, _labels(question, lang) if names else [], strict=True))
    return found


def _labels(question: Question, lang: str) -> list[str]:
    """Return the question, or for each of its columns the question with the option."""
    asked = in_language({"zh_CN": question.label.zh_CN, "en": question.label.en}, lang)
    if not isinstance(question, Multiple):
        return [asked]
    labels = [one.label for one in question.options]
    said = [in_language({"zh_CN": one.zh_CN, "en": one.en}, lang) for one in labels]
    return [f"{asked} {one}" for one in said]
