"""Devices that signed in to an account by its password before, and so need not wait at the door.

What is remembered is a hash of the device's own token (``people.access.device_cookie``) under a key
of its own purpose. It is no session and opens nothing: a right password is needed, which is then
taken at once, however many others try this login. It outlives signing out; it ends with another
password, with the account, by signing out that device or everywhere from another one, and when it
was not seen for half a year.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from core.keys import Purpose, derived_keys, mac_of
from people.accounts.models import KnownDevice

KEPT_FOR = timedelta(days=180)
#: Of one account; the one seen longest ago makes room.
MOST_DEVICES = 20


def device_keys(secret_key: str, device: str | None) -> tuple[str, ...]:
    """Return by what a device is known: one for each of the operator's secrets, today's first."""
    keys = derived_keys(secret_key, Purpose.KNOWN_DEVICE) if device else ()
    return tuple(mac_of(key, device or "") for key in keys)


def remember(session: Session, account_id: int, key: str, *, now: datetime) -> None:
    """Know this device from now on."""
    seen = (
        update(KnownDevice)
        .where(KnownDevice.account_id == account_id, KnownDevice.key == key)
        .values(seen=now)
        .returning(KnownDevice.id)
    )
    if session.scalar(seen) is None:
        session.add(KnownDevice(account_id=account_id, key=key, seen=now))
        session.flush()
    latest = (
        select(KnownDevice.id)
        .where(KnownDevice.account_id == account_id)
        .order_by(KnownDevice.seen.desc(), KnownDevice.id.desc())
        .limit(MOST_DEVICES)
    )
    kept = session.scalars(latest).all()
    session.execute(
        delete(KnownDevice).where(KnownDevice.account_id == account_id, KnownDevice.id.not_in(kept))
    )


def forget_devices(
    session: Session,
    account_id: int,
    keys: Sequence[str | None] | None = None,
    *,
    but: str | None = None,
) -> None:
    """Know an account's devices no longer: all, or those of ``keys``, or all ``but`` one."""
    conditions = [KnownDevice.account_id == account_id]
    if keys is not None:
        conditions.append(KnownDevice.key.in_([key for key in keys if key is not None]))
    if but is not None:
        conditions.append(KnownDevice.key != but)
    session.execute(delete(KnownDevice).where(*conditions))


def forget_unseen(session: Session, *, now: datetime) -> None:
    """Know those no longer that were not seen for half a year."""
    session.execute(delete(KnownDevice).where(KnownDevice.seen < now - KEPT_FOR))
