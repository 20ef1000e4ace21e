"""What campaigns, categories, communities and states are called; and who reads a view."""

from __future__ import annotations

from collections.abc import Mapping
from gettext import GNUTranslations
from typing import Protocol

import pandas as pd

from analysis.themes.taxonomy import taxonomy_in_force
from core.database import Database
from core.language import words_in
from core.settings import Settings
from people.access.actor import Actor
from submissions.proposals.queries import CampaignView


class Reader(Protocol):
    """Who reads a view, in which language, and from where: a request, or a Streamlit session."""

    @property
    def lang(self) -> str:
        """The language."""

    @property
    def words(self) -> GNUTranslations:
        """The words of that language."""

    @property
    def actor(self) -> Actor:
        """Who reads."""

    @property
    def database(self) -> Database:
        """What is read."""

    @property
    def settings(self) -> Settings:
        """How this program is set up."""

    def said(self, texts: dict[str, str]) -> str:
        """Pick a text in the reader's language."""


def campaign_title(here: Reader, campaign: CampaignView) -> str:
    """Return what a campaign is called."""
    return str(words_in(campaign.texts, here.lang)["title"])


def theme_names(here: Reader) -> dict[str, str]:
    """Return what the groups of themes and the themes are called, by their codes, each in order.

    A group stands before its themes.
    """
    known = taxonomy_in_force()
    found: dict[str, str] = {}
    for group in known.groups:
        found[group.code] = here.said(dict(group.names))
        for code in known.of_group(group.code):
            found[code] = here.said(dict(known.by_code[code].names))
    return found


def category_names(here: Reader, campaign: CampaignView) -> dict[str, str]:
    """Return what a campaign's categories are called, by their keys."""
    return {str(one["key"]): here.said(one["name"]) for one in campaign.categories}


def community_names(here: Reader, frame: pd.DataFrame) -> dict[str, str]:
    """Return what the communities of a frame are called, by their codes."""
    rows = frame[["code", "name", "name_en"]].itertuples(index=False)
    return {str(row.code): here.said({"zh_CN": row.name, "en": row.name_en}) for row in rows}


def by_name(names: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return keys with their names, in the order of the names."""
    return sorted(names.items(), key=lambda item: item[1])


def status_names(words: GNUTranslations) -> dict[str, str]:
    """Return what the states are called at the desk."""
    _ = words.gettext
    return {
        "received": _("New"),
        "held": _("Held"),
        "published": _("Published"),
        "hidden": _("Hidden"),
        "withdrawn": _("Taken back"),
        "merged": _("Merged into another"),
    }
