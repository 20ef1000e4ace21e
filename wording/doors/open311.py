"""Sentences of Open311: how one gets a key, and what becomes of a request that was filed."""

from __future__ import annotations

from gettext import GNUTranslations

from submissions.proposals.states import Status


def key_service(words: GNUTranslations) -> str:
    """Say how one gets a key."""
    return words.gettext(
        "Ask the office for an API token that may write down what people say; it stands in api_key."
    )


def waiting_notice(status: str, words: GNUTranslations) -> str:
    """Say what becomes of a request now."""
    if status == Status.PUBLISHED:
        return words.gettext("It is published now.")
    return words.gettext("A person will read it before it is published.")
