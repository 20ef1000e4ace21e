"""What one filing says, as a digest: the same words of the same draft are a retry, others are not.

A client names a filing by a token, but the same token may come with other words: from a second tab
that took up the same draft, or from a form sent again after "Back". The digest tells them apart.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import LuJianError
from core.text import as_address, shows_nothing, storable, visible
from notifications.contacts import Sealer, read_contact
from submissions.participation.models import Photo
from submissions.participation.proposal_draft import DraftProposal

_DECIMALS = 6  # about 0.1 m: what the form itself sends


def content_digest(session: Session, draft: DraftProposal, sealer: Sealer | None) -> str:
    """Return the hex SHA-256 of what a draft says, checked or not.

    Place, category, relation, words, answers, photos (by their pixels, since a browser without a
    script sends them anew) and contact count; how the pin was placed, how sure the device was, and
    the language of the page do not. The contact goes in under the sealer's key, so that nobody
    finds a telephone number by trying them all.
    """
    content = [
        _place(draft),
        str(draft.category),
        str(draft.relation),
        str(draft.entry),
        plain(draft.text),
        plain(draft.why_another),
        _answers(draft.answers),
        _photos(session, draft.photos),
        _contact(draft, sealer),
    ]
    told = json.dumps(content, ensure_ascii=True, sort_keys=True, default=str)
    return sha256(told.encode()).hexdigest()


def plain(text: Any) -> str:
    """Return a text without what differs between two ways of sending the same words."""
    lines = str(text).replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", visible(storable(lines))).strip()


def degrees(value: Any) -> str:
    """Return a degree as it is compared, or what was sent in its place."""
    try:
        return f"{float(value):.{_DECIMALS}f}"
    except (TypeError, ValueError, OverflowError):
        return str(value)


def _place(draft: DraftProposal) -> Any:
    if draft.shape is None:
        return [degrees(draft.longitude), degrees(draft.latitude)]
    with suppress(ValueError, TypeError, RecursionError):
        return json.loads(draft.shape)
    return draft.shape if isinstance(draft.shape, Mapping) else str(draft.shape)


def _answers(answers: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return answers by question; one choice and a list of one are the same."""
    return {str(key): sorted(plain(one) for one in _listed(said)) for key, said in answers.items()}


def _listed(said: Any) -> Sequence[Any]:
    return said if isinstance(said, list | tuple) else [said]


def _photos(session: Session, names: Sequence[str]) -> list[str]:
    if not names:
        return []
    found = select(Photo.name, Photo.digest).where(Photo.name.in_([str(name) for name in names]))
    digests = {name: digest for name, digest in session.execute(found)}  # noqa: C416
    return sorted({digests.get(str(name), str(name)) for name in names})


def _contact(draft: DraftProposal, sealer: Sealer | None) -> str:
    if sealer is None or shows_nothing(draft.contact):
        return ""
    address = as_address(draft.contact)
    with suppress(LuJianError):
        address = read_contact(draft.contact)[1]
    return sealer.lookups(address)[0]
