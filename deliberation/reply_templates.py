"""Official replies kept as templates: written once, filled for each proposal that gets one.

A template belongs to one campaign, to all of a subdistrict, or to the whole platform. Its
placeholders are checked when it is stored, so that no resident ever reads ``{comunity}``; a brace
that is meant as such is written twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from string import Formatter
from typing import Any

from babel.dates import format_date
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from core.errors import InvalidError, NotFoundError, PlaceholderError, StaleError
from core.language import DEFAULT, LANGUAGES, in_language, words_in
from core.text import clean_text
from deliberation.models import ReplyTemplate
from deliberation.official_steps import MOST_CHARACTERS
from people.access.actor import Actor, Where
from people.access.permissions import Act, check_may, check_may_somewhere, may
from people.audit.record import record
from submissions.campaigns.models import Campaign
from submissions.proposals.queries import ProposalView
from submissions.proposals.states import Stage

#: What may stand in braces: the community's name, the category's, the day, the office that
#: replies, the campaign's title, the proposal's public id, and how many support it.
PLACEHOLDERS = ("community", "category", "date", "office", "title", "number", "supports")
MOST_NAME = 80
_BEIJING = timezone(timedelta(hours=8))
_NOWHERE = {"zh_CN": "这里", "en": "this place"}
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class TemplateView:
    """A template as staff read it. Without a campaign it serves the subdistrict, or everybody.

    ``stage`` is the one that the reply brings.
    """

    id: int
    campaign_id: int | None
    subdistrict: str
    name: str
    stage: str
    text: str
    updated: datetime


def create_template(
    session: Session,
    actor: Actor,
    *,
    name: str,
    text: str,
    stage: str = Stage.ANSWERED,
    campaign_id: int | None = None,
    subdistrict: str = "",
    now: datetime,
) -> int:
    """Store a template and return its id; of a campaign, the subdistrict is the campaign's.

    Raises ``NotAllowedError`` unless this person answers for all of that place; ``NotFoundError``
    for the campaign; ``PlaceholderError``; ``InvalidError`` and its leaves.
    """
    where = _place(session, campaign_id, subdistrict)
    _check_may(actor, where)
    row = ReplyTemplate(
        campaign_id=campaign_id,
        subdistrict=where.subdistrict,
        name=clean_text(name, most=MOST_NAME),
        stage=_stage(stage),
        text=checked_text(text),
        created=now,
        updated=now,
    )
    session.add(row)
    session.flush()
    _record(session, actor, "template_created", row, now, {"name": row.name, "text": row.text})
    return row.id


def change_template(
    session: Session,
    actor: Actor,
    template_id: int,
    *,
    name: str,
    text: str,
    stage: str,
    seen: datetime | None = None,
    now: datetime,
) -> None:
    """Put other words into a template. ``seen``: its ``updated``, as this person saw it.

    Raises as ``create_template``; ``NotFoundError`` for a removed one; ``StaleError``.
    """
    row = _own(session, actor, template_id)
    if seen is not None and seen != row.updated:
        raise StaleError(status="changed", wanted="changed", changes=[])
    former = {"name": row.name, "stage": row.stage, "text": row.text}
    wanted = {
        "name": clean_text(name, most=MOST_NAME),
        "stage": _stage(stage),
        "text": checked_text(text),
    }
    if wanted == former:
        return
    row.name, row.stage, row.text = wanted["name"], wanted["stage"], wanted["text"]
    row.updated = max(now, row.updated + _TICK)
    session.flush()
    _record(session, actor, "template_changed", row, now, {"from": former, "to": wanted})


def remove_template(session: Session, actor: Actor, template_id: int, *, now: datetime) -> None:
    """Take a template away; replies that were made of it stay. Raises as ``change_template``."""
    row = _own(session, actor, template_id)
    row.removed = now
    session.flush()
    _record(session, actor, "template_removed", row, now, {"name": row.name})


def templates_for(session: Session, actor: Actor, campaign_id: int) -> list[TemplateView]:
    """Return the templates for a campaign: its own, its subdistrict's, the platform's; by name.

    Raises ``NotAllowedError`` for whoever answers nothing; ``NotFoundError`` for the campaign.
    """
    check_may_somewhere(actor, Act.ANSWER, action="templates")
    where = _place(session, campaign_id, "")
    none = ReplyTemplate.campaign_id.is_(None)
    serves = or_(
        ReplyTemplate.campaign_id == campaign_id,
        none & ReplyTemplate.subdistrict.in_({"", where.subdistrict}),
    )
    return _listed(session, serves)


def all_templates(session: Session, actor: Actor) -> list[TemplateView]:
    """Return the templates that this person may change, by name. Raises ``NotAllowedError``."""
    check_may_somewhere(actor, Act.ANSWER, action="templates")
    views = _listed(session)
    return [view for view in views if may(actor, Act.ANSWER, Where(view.subdistrict))]


def template(session: Session, actor: Actor, template_id: int) -> TemplateView:
    """Return one template to whoever may change it. Raises ``NotAllowedError, NotFoundError``."""
    row = _own(session, actor, template_id)
    return _listed(session, ReplyTemplate.id == row.id)[0]


def checked_text(text: str) -> str:
    """Return a template's text as it is stored.

    Raises ``PlaceholderError`` with the ``name`` that is no placeholder (empty: a single brace);
    ``EmptyTextError``; ``LongTextError``.
    """
    kept = clean_text(text, most=MOST_CHARACTERS)
    for name in _names(kept):
        if name not in PLACEHOLDERS:
            raise PlaceholderError(name=name)
    return kept


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return the text with the placeholders filled. Raises as ``checked_text``."""
    return checked_text(text).format_map(dict(values))


def values_for(
    views: Iterable[ProposalView],
    campaign: Any,
    *,
    office: str,
    lang: str = DEFAULT,
    now: datetime,
) -> dict[str, dict[str, str]]:
    """Return what fills a template, for each proposal of a campaign by public id.

    ``campaign`` has ``texts`` and ``categories``. Replies are in one language, as offices write.
    """
    lang = lang if lang in LANGUAGES else DEFAULT
    texts = words_in(campaign.texts, lang)
    names = {str(each["key"]): in_language(each["name"], lang) for each in campaign.categories}
    today = format_date(now.astimezone(_BEIJING).date(), format="long", locale=lang)
    return {
        view.public_id: {
            "community": in_language(
                {"zh_CN": view.community_name, "en": view.community_name_en}, lang
            )
            or in_language(_NOWHERE, lang),
            "category": names.get(view.category, view.category),
            "date": today,
            "office": office,
            "title": str(texts["title"]),
            "number": view.public_id,
            "supports": str(view.supports),
        }
        for view in views
    }


def _names(text: str) -> Collection[str]:
    """Return what stands in braces; an empty name for what cannot be a plain placeholder."""
    try:
        parts = list(Formatter().parse(text))
    except ValueError:  # a single brace
        return [""]
    return [
        name if not (form or conversion) else ""
        for _, name, form, conversion in parts
        if name is not None
    ]


def _place(session: Session, campaign_id: int | None, subdistrict: str) -> Where:
    if campaign_id is None:
        return Where(subdistrict.strip())
    campaign = session.get(Campaign, campaign_id)
    if campaign is None:
        raise NotFoundError(kind="campaign", id=campaign_id)
    return Where(campaign.subdistrict)


def _check_may(actor: Actor, where: Where) -> None:
    check_may(actor, Act.ANSWER, where, action="template")


def _own(session: Session, actor: Actor, template_id: int) -> ReplyTemplate:
    check_may_somewhere(actor, Act.ANSWER, action="template")
    row = session.get(ReplyTemplate, template_id, populate_existing=True)
    if row is None or row.removed is not None:
        raise NotFoundError(kind="template", id=template_id)
    _check_may(actor, Where(row.subdistrict))
    return row


def _stage(stage: str) -> str:
    if stage not in set(Stage):
        raise InvalidError(field="stage")
    return str(stage)


def _listed(session: Session, *conditions: ColumnElement[bool]) -> list[TemplateView]:
    columns = [getattr(ReplyTemplate, name) for name in TemplateView.__dataclass_fields__]
    rows = session.execute(
        select(*columns)
        .where(ReplyTemplate.removed.is_(None), *conditions)
        .order_by(ReplyTemplate.name, ReplyTemplate.id)
    )
    return [TemplateView(*row) for row in rows]


def _record(
    session: Session,
    actor: Actor,
    action: str,
    row: ReplyTemplate,
    now: datetime,
    details: dict[str, Any],
) -> None:
    """Record it with no campaign: no template changes what is shown."""
    told = {"template": row.id, "campaign": row.campaign_id, "subdistrict": row.subdistrict}
    record(session, actor, action, now=now, details=told | details)
