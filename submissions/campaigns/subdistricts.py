"""The subdistricts that an edition of the communities knows, and where somebody may do what."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from layers.communities.communities import SUBDISTRICT_DIGITS
from layers.models import Community, Edition
from people.access.actor import Actor, Where
from people.access.permissions import Act, may


@dataclass(frozen=True)
class Subdistrict:
    """A subdistrict of an edition: its statistical code, empty for all of them, and its name."""

    code: str
    edition: str
    name: dict[str, str]

    @property
    def key(self) -> str:
        """What names it in a form."""
        return f"{self.code}/{self.edition}"


def subdistricts(session: Session, actor: Actor, act: Act = Act.MAKE_CAMPAIGN) -> list[Subdistrict]:
    """Return where this person may do something, the editions loaded last first."""
    code = func.substr(Community.code, 1, SUBDISTRICT_DIGITS).label("digits")
    rows = session.execute(
        select(code, Community.edition, func.min(Community.subdistrict))
        .join(Edition, Edition.name == Community.edition)
        .group_by(code, Community.edition, Edition.loaded_at)
        .order_by(Edition.loaded_at.desc(), code)
    ).all()
    editions = dict.fromkeys(row.edition for row in rows)
    found = [
        Subdistrict(digits, edition, {"zh_CN": name or digits, "en": name or digits})
        for digits, edition, name in rows
    ]
    found += [Subdistrict("", edition, {}) for edition in editions]
    return [each for each in found if may(actor, act, Where(each.code))]
