"""Letters about what is new in an area: the request to confirm, and the news of a day."""

from __future__ import annotations

from collections.abc import Mapping
from gettext import GNUTranslations
from typing import Any
from urllib.parse import quote

from core.language import DEFAULT, LANGUAGES, in_language, translations
from notifications.channels import Letter
from submissions.alerts.alerts import AlertTemplate
from submissions.proposals.states import Stage
from wording import formatting
from wording.letters import proposal_letters
from wording.letters.subject_matter import named, signature
from wording.proposal_status import stage_words


def letter(
    template: str, params: Mapping[str, Any], language: str, *, public_url: str = ""
) -> Letter:
    """Write a letter of any template; see ``wording.letters.proposal_letters.letter``."""
    if template not in set(AlertTemplate):
        return proposal_letters.letter(template, params, language, public_url=public_url)
    base = proposal_letters.ascii_address(public_url or str(params.get("base", "")))
    lang = language if language in LANGUAGES else DEFAULT
    page = f"{base}/w/alerts/{quote(params['alert'])}?lang={lang}"
    write = _confirm if template == AlertTemplate.CONFIRM else _news
    return write(params, base, page, lang)


def area_words(words: GNUTranslations, lang: str, area: Mapping[str, Any]) -> str:
    """Return what an area is called: a campaign, a community, a circle around a place."""
    _ = words.gettext
    name = in_language(area["names"], lang)
    if area["kind"] == "campaign":
        return _("the campaign “{title}”").format(title=name)
    if area["kind"] == "community":
        return _("the community {name}").format(name=name)
    far = formatting.distance(area["radius_m"], lang)
    if name:
        return _("within {far} around {place}").format(far=far, place=name)
    return _("within {far} around the place that you marked").format(far=far)


def _confirm(params: Mapping[str, Any], _base: str, page: str, lang: str) -> Letter:
    words = translations(lang)
    _ = words.gettext
    where = area_words(words, lang, params["area"])
    parts = [
        _("Hello! Somebody, probably you, asked to hear what is new here: {where}.").format(
            where=where
        ),
        _("If it was you, please open this page and press the button:") + f"\n{page}",
        _("There is at most one letter a day, and none on a day without news."),
        _("If it was not you, you need to do nothing. We will not write to you about it."),
        signature(params, lang),
        "--\n"
        + _(
            "You get this letter because somebody entered your address at LuJian. "
            "If you do not want such letters, open this page:"
        )
        + f"\n{page}",
    ]
    return Letter(
        subject=named(params, lang, _("Shall we write to you about what is new around a place?")),
        body="\n\n".join(parts) + "\n",
        sms=named(params, lang, _("You asked for news of an area? Please confirm:")),
        link=page,
        end_link=page,
    )


def _news(params: Mapping[str, Any], base: str, page: str, lang: str) -> Letter:
    words = translations(lang)
    _ = words.gettext
    items, more = params["items"], int(params["more"])
    total = len(items) + more
    heading = words.ngettext(
        "{n} piece of news from your area",
        "{n} pieces of news from your area",
        total,
    ).format(n=formatting.number(total, lang))
    areas = [f"· {area_words(words, lang, area)}" for area in params["areas"]]
    parts = [
        _("Hello! This is new where you asked us to look:") + "\n" + "\n".join(areas),
        *(_item(words, base, lang, item) for item in items),
    ]
    if more:
        rest = words.ngettext("And {n} more.", "And {n} more.", more)
        parts.append(rest.format(n=formatting.number(more, lang)))
    reason = _(
        "You get this letter because you asked LuJian for news of an area. "
        "To change what you get, or to get no more of these letters, open this page:"
    )
    parts += [signature(params, lang), f"--\n{reason}\n{page}"]
    said = named(params, lang, heading)
    return Letter(subject=said, body="\n\n".join(parts) + "\n", sms=said, link=page, end_link=page)


def _item(words: GNUTranslations, base: str, lang: str, item: Mapping[str, Any]) -> str:
    address = f"{base}/w/p/{quote(item['id'])}?lang={lang}"
    said = str(item["text"])
    if not item["stage"]:
        return f"{said}\n{address}"
    lines = [f"{stage_words(words)[Stage(item['stage'])]}: {said}", item["reply"], address]
    return "\n".join(filter(None, lines))
