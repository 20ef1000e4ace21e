"""A post office as a process of its own, to be killed: DATABASE SMTP GATEWAY SECRET."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping
from typing import Any

from database import Database
from post.contacts import Kind, Sealer
from post.senders import Letter, MailSender, WebhookSender
from post.worker import PostOffice
from tests.post.conftest import KEY


def words(_template: str, _params: Mapping[str, Any], _language: str) -> Letter:
    """Write the same letter to everybody."""
    return Letter("题目", "内容\n", "短信", "https://example.org/", "https://example.org/end")


def office(database: Database, smtp_url: str, gateway_url: str, secret: str) -> PostOffice:
    """Return a post office that sends both ways."""
    senders = {
        Kind.EMAIL: MailSender(smtp_url, "路见 <lujian@example.org>", timeout_s=20),
        Kind.PHONE: WebhookSender(gateway_url, secret, timeout_s=20),
    }
    return PostOffice(database, Sealer([KEY]), senders, words, poll_s=0.05)


if __name__ == "__main__":
    office(Database(sys.argv[1]), *sys.argv[2:]).start()
    threading.Event().wait()
