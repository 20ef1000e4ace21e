"""What every letter names: in whose name it comes, about which campaign and which proposals.

Words of a proposal are data: one line, shortened, without anything that becomes a link. Letters of
other things that are followed use ``named`` and ``signature`` as those of proposals do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from gettext import GNUTranslations
from typing import Any

from core.language import in_language, is_chinese

#: So many proposals are listed in one letter; of the others their number is told.
MOST_LISTED = 10
_PRODUCT = {"zh_CN": "路见", "en": "LuJian"}
Params = Mapping[str, Any]


def office_name(params: Params, language: str) -> str:
    """Return in whose name a letter is written: the product's, where no office is set."""
    named = (params.get("office") or {}).get("name") or {}
    return in_language(named, language) or in_language(_PRODUCT, language)


def named(params: Params, language: str, said: str) -> str:
    """Return a line, as a subject or a short message, with the office before it."""
    colon = "：" if is_chinese(language) else ": "
    return f"{office_name(params, language)}{colon}{said}"


def signature(params: Params, language: str) -> str:
    """Return who writes: the office, and its telephone where it has one."""
    phone = str((params.get("office") or {}).get("phone") or "")
    return "\n".join(filter(None, (office_name(params, language), phone)))


def subject_matter(params: Params, language: str, words: GNUTranslations) -> str:
    """Return which proposal of which campaign a letter is about; empty where neither is known."""
    _ = words.gettext
    lines = [] if params.get("told") else _proposal(params, language, params.get("proposal"), words)
    title = in_language(params.get("title") or {}, language)
    if title:
        lines.append(_("Campaign: {title}").format(title=title))
    return "\n".join(lines)


def _proposal(params: Params, language: str, name: Any, words: GNUTranslations) -> list[str]:
    about, _ = (params.get("about") or {}).get(name), words.gettext
    if about is None:
        return []
    place = [in_language(about[part], language) for part in ("category", "community")]
    said = [_("Proposal: “{words}”").format(words=about["words"])] if about["words"] else []
    return [*said, *([" · ".join(filter(None, place))] if any(place) else [])]


def listed(
    params: Params,
    language: str,
    words: GNUTranslations,
    link: Callable[[Params], str],
    reply: Callable[[Params], str],
) -> list[str]:
    """Return a paragraph for each of several proposals, and how many more there are.

    ``link`` gives the address of one, ``reply`` what is replied to it alone (may be empty).
    """
    told, about = params["told"], params.get("about") or {}
    found = []
    for one in told[:MOST_LISTED]:
        lines = _proposal(params, language, one["proposal"], words) if about else []
        found.append("\n".join(filter(None, [*lines, reply(one), link(one)])))
    more = len(told) - MOST_LISTED
    if more > 0:
        said = words.ngettext("And {n} more.", "And {n} more.", more)
        found.append(said.format(n=more))
    return found
