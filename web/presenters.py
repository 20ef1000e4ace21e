"""Proposals and campaigns as the templates show them: plain words in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from core.cache import CACHE
from core.language import words_in
from layers import basemap
from layers.background.base_map import current_base_map
from layers.map import category_icons, folium_map
from people.access.actor import Actor
from people.access.permissions import Act
from serving.visit import Visit
from submissions.campaigns.phases import allows
from submissions.campaigns.questionnaire import WHY_ANOTHER
from submissions.participation import photos
from submissions.participation.photos import PhotoView
from submissions.participation.supports import supported_by
from submissions.proposals.queries import CampaignView, ProposalView
from submissions.proposals.states import Status
from submissions.proposals.visibility import published_ids
from wording import drawn_shape, error_messages, formatting, maps, proposal_status
from wording.phases import told_phase
from wording.review import names

EXCERPT = 70
title, category_names = names.campaign_title, names.category_names
community_names, by_name = names.community_names, names.by_name


@dataclass(frozen=True)
class Known:
    """What a page knows about the proposals it lists: whose support, which pictures."""

    supported: frozenset[str]
    pictures: dict[str, list[PhotoView]]


def known_of(session: Session, actor: Actor, ids: Iterable[str]) -> Known:
    """Look up the supports of this device and the photos of published proposals."""
    listed = list(ids)
    internal = published_ids(session, listed)
    found = photos.photos_of(session, list(internal.values()), actor=actor)
    pictures = {public: found[number] for public, number in internal.items() if number in found}
    return Known(frozenset(supported_by(session, actor, listed)), pictures)


def excerpt(text: str, most: int = EXCERPT) -> str:
    """Return the beginning of a text, in one line."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[:most] + "…"


def ground(visit: Visit, campaign: CampaignView) -> bytes:
    """Return what a campaign's map draws below all else, as JSON."""
    place = campaign.subdistrict
    with visit.room.database.reading() as session:
        return basemap.ground(session, campaign.edition, campaign.area, subdistrict=place).body


def campaign_words(visit: Visit, campaign: CampaignView) -> dict[str, Any]:
    """Return a campaign's own words and addresses."""
    texts = words_in(campaign.texts, visit.lang)
    address = f"{visit.base_url}/w/c/{campaign.slug}"
    return {
        "slug": campaign.slug,
        "title": texts["title"],
        "question": texts["question"],
        "about": [line for line in (texts.get("intro"), texts.get("prize")) if line],
        "url": address,
        "feed": f"{address}/feed.atom",
        "picture": f"{address}/share.png?lang={visit.lang}",
        "max_text_length": campaign.max_text_length,
        "preview": False,
        "ground": f"/api/campaigns/{campaign.slug}/ground.json",
        "cover": f"/w/c/{campaign.slug}/cover.jpg" if campaign.cover else "",
        "privacy": visit.said(campaign.privacy),
        "draw": f"/w/c/{campaign.slug}/draw" if campaign.prize else "",
        "phase": told_phase(visit.words, visit.lang, campaign, datetime.now(UTC)),
    }


def category_look(visit: Visit, campaign: CampaignView, key: str) -> dict[str, str]:
    """Return name, colour and sign of a category."""
    category = next((c for c in campaign.categories if c["key"] == key), None)
    if category is None:
        return {"category": key, "color": "", "sign": category_icons.path(None)}
    return {
        "category": visit.said(category["name"]),
        "color": str(category.get("color", "")),
        "sign": category_icons.path(category.get("icon")),
    }


def facts(visit: Visit, view: ProposalView) -> list[str]:
    """Return the small print under a proposal: distance, size, community, relation, date."""
    words, lang = visit.words, visit.lang
    told = [
        formatting.distance(view.distance_m, lang) if view.distance_m is not None else "",
        drawn_shape.size_words(view.length_m, view.area_m2, lang),
        error_messages.community_of(view, lang),
        error_messages.relation_words(words).get(view.relation, ""),  # type: ignore[call-overload]
        proposal_status.entry_word(words, view.entry),
        _joined_words(visit, view.joined),
        formatting.day(view.created, lang),
    ]
    return [fact for fact in told if fact]


def _joined_words(visit: Visit, joined: int) -> str:
    """Say how many others were joined with a proposal; empty for none."""
    if not joined:
        return ""
    said = visit.words.gettext("said by {n} more")
    return said.format(n=formatting.number(joined, visit.lang))


def card(visit: Visit, campaign: CampaignView, view: ProposalView, known: Known) -> dict[str, Any]:
    """Return a proposal as the lists show it."""
    pictures = known.pictures.get(view.public_id, [])
    shown = [photo for photo in pictures if not photo.waiting]
    return {
        "id": view.public_id,
        "excerpt": excerpt(view.text),
        "facts": facts(visit, view),
        "supports": view.supports,
        "supported": view.public_id in known.supported,
        "mine": False,
        "frozen": not allows(campaign, Act.SUPPORT, datetime.now(UTC)),
        "thumbnail": f"/api/photos/{shown[0].name}/thumbnail.jpg" if shown else "",
        "stage": proposal_status.stage_words(visit.words)[view.stage] if view.stage else "",  # type: ignore[index]
        "stage_key": view.stage or "",
        **category_look(visit, campaign, view.category),
    }


def answers(visit: Visit, campaign: CampaignView, view: ProposalView) -> list[dict[str, str]]:
    """Return the public answers in words."""
    told = []
    for question in campaign.asked_ever:
        given = view.answers.get(question.key)
        if given is None or question.private:
            continue
        names = {o.key: visit.said(o.label.model_dump()) for o in getattr(question, "options", ())}
        chosen = given if isinstance(given, list) else [given]
        text = formatting.enumerated([names.get(str(one), str(one)) for one in chosen], visit.lang)
        unit = getattr(question, "unit", None)
        if unit is not None:
            text += f" {visit.said(unit.model_dump())}"
        told.append({"name": visit.said(question.label.model_dump()), "told": text})
    if view.answers.get(WHY_ANOTHER):
        name = visit.words.gettext("Why another one here?")
        told.append({"name": name, "told": str(view.answers[WHY_ANOTHER])})
    return told


def pictures(visit: Visit, photos_shown: Iterable[PhotoView]) -> list[dict[str, Any]]:
    """Return photos with their addresses."""
    said = visit.words.gettext("Photo {n}")
    return [
        {
            "full": f"/api/photos/{photo.name}/full.jpg",
            "thumbnail": f"/api/photos/{photo.name}/thumbnail.jpg",
            "width": photo.width,
            "height": photo.height,
            "waiting": photo.waiting,
            "alt": said.format(n=number),
        }
        for number, photo in enumerate(photos_shown, start=1)
    ]


def is_public(view: ProposalView) -> bool:
    """Tell whether everyone may see it."""
    return view.status == Status.PUBLISHED


def the_map(
    visit: Visit,
    campaign: CampaignView,
    *,
    placing: bool = False,
    pin: ProposalView | None = None,
    locate: bool = False,
) -> folium_map.MapParts:
    """Return the campaign's map: for placing something, or around one proposal's pin.

    ``locate``: the form beside it takes the device's position.
    """
    shown = current_base_map(visit.room.database, visit.room.settings)

    def make() -> folium_map.MapParts:
        made = maps.campaign_map(
            campaign,
            visit.lang,
            visit.words,
            shown,
            placing=placing,
            pin=pin,
            locate=locate,
        )
        return folium_map.map_parts(made)

    if pin is not None:
        return make()
    # A map of the campaign alone changes only with the campaign.
    return CACHE.keep(("map", repr(campaign), visit.lang, placing, locate, shown), make)
