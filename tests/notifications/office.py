"""A post office as a process of its own, to be killed: DATABASE SMTP GATEWAY SECRET."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping
from typing import Any

from core.database import Database
from notifications.channels import Letter, MailSender, WebhookSender
from notifications.contacts import ContactKind, Sealer
from notifications.dispatcher import PostOffice
from tests.notifications.conftest import KEY


def words(_template: str, _params: Mapping[str, Any], _language: str) -> Letter:
    """Write the same letter to everybody."""
    return Letter("题目", "内容\n", "短信", "https://example.org/", "https://example.org/end")


def office(database: Database, smtp_url: str, gateway_url: str, secret: str) -> PostOffice:
    """Return a post office that sends both ways."""
    senders = {
        ContactKind.EMAIL: MailSender(smtp_url, "路见 <lujian@example.org>", timeout_s=20),
        ContactKind.PHONE: WebhookSender(gateway_url, secret, timeout_s=20),
    }
    return PostOffice(database, Sealer([KEY]), senders, words, poll_s=0.05)


if __name__ == "__main__":
    office(Database(sys.argv[1]), *sys.argv[2:]).start()
    threading.Event().wait()
