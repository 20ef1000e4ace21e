"""The parts of a campaign as forms: what stands in them, and what is read out of them.

``typed_of`` fills a form from the campaign, ``typed_from`` from what was sent, so that nothing is
lost when it is refused; ``changes_of`` reads it. Moments are typed in Beijing time.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from starlette.datastructures import FormData

from core import dates
from core.errors import InvalidError
from submissions.campaigns.geometry_kinds import GeometryKind
from submissions.campaigns.phases import PLANNED
from submissions.campaigns.validation import TEXTS
from submissions.proposals.queries import CampaignView
from web.desk.campaigns.question_editor import MOST_TYPED, key_of
from wording.formatting import BEIJING

Typed = dict[str, Any]
LANGS = {"zh_CN": "zh", "en": "en"}
CATEGORY = ("key", "zh", "en", "color", "icon")
MOST_CATEGORIES = 20
COLORS = ("#0B5FA5", "#B45309", "#1B7837", "#A61C3C", "#5B3A8C", "#8C510A")


def typed_of(campaign: CampaignView, part: str) -> Typed:
    """Return what stands in the form of a part."""
    return _TYPED[part](campaign)


def typed_from(sent: FormData, campaign: CampaignView, part: str) -> Typed:
    """Return what was typed into the form of a part."""
    if part == "categories":
        count = _text(sent, "n")
        rows = range(min(int(count) if count.isdecimal() else 0, MOST_CATEGORIES))
        return {"rows": [{n: _text(sent, f"c{at}_{n}") for n in CATEGORY} for at in rows]}
    typed: Typed = {name: _text(sent, name) for name in typed_of(campaign, part)}
    if part == "taking":
        typed["kinds"] = [str(kind) for kind in sent.getlist("kinds")]
    return typed


def changes_of(typed: Typed, part: str) -> dict[str, Any]:
    """Return the fields of the campaign that a form describes. Raises ``InvalidError``."""
    return _READ[part](typed)


def new_category() -> dict[str, str]:
    """Return an empty row of the categories."""
    return dict.fromkeys(CATEGORY, "") | {"color": COLORS[0], "icon": "more_horiz"}


def shown_moment(moment: datetime) -> str:
    """Return a moment as a field for date and time holds it."""
    return moment.astimezone(BEIJING).strftime("%Y-%m-%dT%H:%M")


def read_moment(typed: str, field: str) -> datetime:
    """Read a field for date and time. Raises ``InvalidError`` naming ``field``."""
    try:
        return dates.read_moment(typed)
    except ValueError:
        raise InvalidError(field=field) from None


def _typed_texts(campaign: CampaignView) -> Typed:
    texts = {
        f"{name}_{short}": str((campaign.texts.get(lang) or {}).get(name) or "")
        for lang, short in LANGS.items()
        for name in TEXTS
    }
    return {"theme": campaign.theme, **texts}


def _texts(typed: Typed) -> dict[str, Any]:
    texts = {
        lang: {name: typed[f"{name}_{short}"] for name in TEXTS} for lang, short in LANGS.items()
    }
    return {"theme": typed["theme"], "texts": texts}


def _typed_dates(campaign: CampaignView) -> Typed:
    planned = {
        str(phase): shown_moment(datetime.fromisoformat(campaign.phases[phase]))
        if phase in campaign.phases
        else ""
        for phase in PLANNED
    }
    return {
        "opens_at": shown_moment(campaign.opens_at),
        "closes_at": shown_moment(campaign.closes_at),
        **planned,
    }


def _dates(typed: Typed) -> dict[str, Any]:
    planned = {
        str(phase): read_moment(typed[phase], "phases").isoformat()
        for phase in PLANNED
        if typed[phase]
    }
    return {
        "opens_at": read_moment(typed["opens_at"], "opens_at"),
        "closes_at": read_moment(typed["closes_at"], "opens_at"),
        "phases": planned,
    }


def _typed_categories(campaign: CampaignView) -> Typed:
    rows = [
        {
            "key": each["key"],
            "zh": each["name"].get("zh_CN", ""),
            "en": each["name"].get("en", ""),
            "color": each.get("color") or COLORS[0],
            "icon": each.get("icon") or "more_horiz",
        }
        for each in campaign.categories
    ]
    return {"rows": rows}


def _categories(typed: Typed) -> dict[str, Any]:
    keys = {row["key"] for row in typed["rows"]}
    categories = []
    for number, row in enumerate(typed["rows"], start=1):
        if not (row["zh"] and row["en"]):
            raise InvalidError(field="categories")
        if not row["key"]:
            wanted, more = key_of(row["en"], f"category_{number}"), 1
            row["key"] = wanted
            while row["key"] in keys:
                more += 1
                row["key"] = f"{wanted}_{more}"
            keys.add(row["key"])
        name = {"zh_CN": row["zh"][:40], "en": row["en"][:40]}
        category = {"key": row["key"], "name": name, "icon": row["icon"][:40]}
        categories.append(category | {"color": _color(row["color"])})
    return {"categories": categories}


def _color(typed: str) -> str:
    digits = typed.removeprefix("#")
    sound = len(digits) == 6 and all(each in "0123456789abcdefABCDEF" for each in digits)
    return f"#{digits.upper()}" if sound else COLORS[0]


def _typed_taking(campaign: CampaignView) -> Typed:
    facility = campaign.facility or {"layer": "", "near_m": "", "name": {}}
    return {
        "kinds": [str(kind) for kind in campaign.geometry_kinds],
        "facility_layer": facility["layer"],
        "facility_near_m": f"{facility['near_m']:g}" if facility["near_m"] else "",
        "facility_zh": facility["name"].get("zh_CN", ""),
        "facility_en": facility["name"].get("en", ""),
        "alike": f"{campaign.alike * 100:g}",
        "max_text_length": str(campaign.max_text_length),
        "max_photos": str(campaign.max_photos),
        "asks_contact": "1" if campaign.asks_contact else "",
        "publish_on_filing": "1" if campaign.publish_on_filing else "",
    }


def _taking(typed: Typed) -> dict[str, Any]:
    facility = None
    if typed["facility_layer"]:
        facility = {
            "layer": typed["facility_layer"],
            "near_m": _number(typed, "facility_near_m", "facility", 1, 5_000),
            "name": {"zh_CN": typed["facility_zh"], "en": typed["facility_en"]},
        }
    return {
        "geometry_kinds": [str(kind) for kind in GeometryKind if kind in typed["kinds"]],
        "facility": facility,
        "alike": _number(typed, "alike", "alike", 20, 90) / 100,
        "max_text_length": int(_number(typed, "max_text_length", "max_text_length", 50, 5_000)),
        "max_photos": int(_number(typed, "max_photos", "max_photos", 0, 3)),
        "asks_contact": bool(typed["asks_contact"]),
        "publish_on_filing": bool(typed["publish_on_filing"]),
    }


def _typed_prizes(campaign: CampaignView) -> Typed:
    prize: Mapping[str, Any] = campaign.prize or {}
    words = {}
    for lang, short in LANGS.items():
        words[f"claim_{short}"] = (prize.get("claim") or {}).get(lang, "")
        words[f"privacy_{short}"] = campaign.privacy.get(lang, "")
    return {
        "draw": "1" if prize else "",
        "winners": str(prize.get("winners", 20)),
        "earlier": "1" if prize.get("earlier") else "",
        "merged": "1" if prize.get("merged", True) else "",
        **words,
    }


def _prizes(typed: Typed) -> dict[str, Any]:
    prize = None
    if typed["draw"]:
        prize = {
            "winners": int(typed["winners"]) if typed["winners"].isdecimal() else None,
            "claim": {lang: typed[f"claim_{short}"] for lang, short in LANGS.items()},
            "earlier": bool(typed["earlier"]),
            "merged": bool(typed["merged"]),
        }
    privacy = {lang: typed[f"privacy_{short}"] for lang, short in LANGS.items()}
    return {"prize": prize, "privacy": privacy}


def _number(typed: Typed, name: str, field: str, least: float, most: float) -> float:
    try:
        number = float(unicodedata.normalize("NFKC", typed[name]))
    except ValueError:
        raise InvalidError(field=field) from None
    if not least <= number <= most:
        raise InvalidError(field=field)
    return number


def _text(sent: FormData, name: str) -> str:
    value = sent.get(name, "")
    return value.replace("\0", "").strip()[:MOST_TYPED] if isinstance(value, str) else ""


_TYPED: dict[str, Callable[[CampaignView], Typed]] = {
    "texts": _typed_texts,
    "dates": _typed_dates,
    "categories": _typed_categories,
    "taking": _typed_taking,
    "prizes": _typed_prizes,
    "area": lambda _campaign: {"shape": "", "crs": "", "how": "", "layer": ""},
    "cover": lambda _campaign: {},
}
_READ: dict[str, Callable[[Typed], dict[str, Any]]] = {
    "texts": _texts,
    "dates": _dates,
    "categories": _categories,
    "taking": _taking,
    "prizes": _prizes,
}
