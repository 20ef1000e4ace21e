"""What each part of the campaign editor offers to choose from."""

from __future__ import annotations

import json
from typing import Any

from core.language import in_language
from geo.drawn_geometry import MOST_CORNERS
from layers import built_in
from layers.communities import campaign_area
from layers.communities.communities import community_frame
from layers.export.geojson import shapes_geojson
from layers.map import category_icons, folium_map
from serving.visit import Visit
from submissions.campaigns.validation import MOST_PRIVACY, MOST_WINNERS, TEXTS
from submissions.proposals.queries import CampaignView
from web.desk.campaigns import question_editor
from web.desk.campaigns.campaigns_pages import ground_map, preview_form
from web.desk.campaigns.editor_forms import Typed
from wording import form_fields, maps
from wording.campaign_editor import sign_choices
from wording.upload_errors import system_names


def _offered(here: Visit, campaign: CampaignView, part: str, typed: Typed) -> dict[str, Any]:
    """Return what a part's form offers to choose from."""
    if part == "area":
        return _area_parts(here, campaign, typed)
    if part == "questions":
        return _question_parts(here, campaign, typed)
    if part == "texts":
        return {"lengths": TEXTS}
    if part == "prizes":
        return {"most_winners": MOST_WINNERS, "most_privacy": MOST_PRIVACY}
    if part == "categories":
        return {"icons": sign_choices(here.words), "sign_of": category_icons.path}
    if part == "taking":
        kinds = form_fields.kind_words(here.words)
        layers = [
            {"key": each.name, "name": here.said(each.title)}
            for each in built_in.CATALOGUE
            if each.name not in {"outline", "communities"}
        ]
        return {"kind_names": {str(key): name for key, name in kinds.items()}, "layers": layers}
    return {}


def _area_parts(here: Visit, campaign: CampaignView, typed: Typed) -> dict[str, Any]:
    with here.room.database.reading() as session:
        frame = community_frame(session, campaign.edition)
    named = [
        {"code": code, "name": in_language({"zh_CN": name, "en": name_en}, here.lang)}
        for code, name, name_en in zip(frame["code"], frame["name"], frame["name_en"], strict=True)
    ]
    shape = typed["shape"] or _drawable(campaign)
    words = maps.place_words(here.words)
    layer = folium_map.AddressLayer("area", shape=json.loads(shape) if shape else None, words=words)
    return {
        "map": ground_map(here, campaign, layer),
        "communities": named,
        "chosen": typed.get("codes", []),
        "systems": [{"key": key, "name": name} for key, name in system_names(here.words).items()],
        "size": campaign_area.area_km2(campaign.area),
        "may_draw": bool(shape),
    }


def _drawable(campaign: CampaignView) -> str:
    """Return the area as it can be drawn on: one plain ring of not too many corners."""
    area = campaign.area
    parts = getattr(area, "geoms", [area])
    if len(parts) != 1 or len(parts[0].interiors) or len(parts[0].exterior.coords) > MOST_CORNERS:
        return ""
    return json.dumps(shapes_geojson([parts[0]])[0])


def _question_parts(here: Visit, campaign: CampaignView, typed: Typed) -> dict[str, Any]:
    categories = {
        "name": here.words.gettext("The category is one of:"),
        "options": [
            {"key": f"category:{each['key']}", "name": here.said(each["name"])}
            for each in campaign.categories
        ],
    }
    groups = [[categories, *_choices(here, typed["rows"][:at])] for at in range(len(typed["rows"]))]
    return {
        "conditions": groups,
        "saved_keys": [each["key"] for each in campaign.questions],
        "form": preview_form(here, campaign),
    }


def _choices(here: Visit, rows: list[question_editor.Row]) -> list[dict[str, Any]]:
    """Return the choices asked before, on which a question may hang."""
    said = here.words.gettext("The answer to “{name}” is one of:")
    groups = []
    for row in rows:
        if row["kind"] not in {"single", "multiple"} or not row["key"]:
            continue
        name = in_language({"zh_CN": row["label_zh"], "en": row["label_en"]}, here.lang)
        options = [
            {
                "key": f"{row['key']}:{each['key']}",
                "name": here.said(each["label"]),
            }
            for each in question_editor.options_of(row["options"])
        ]
        groups.append({"name": said.format(name=name), "options": options})
    return groups
