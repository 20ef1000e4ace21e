"""Words of hooks: what is wrong with an address, what happened, how it went."""

from __future__ import annotations

from gettext import GNUTranslations

from notifications.webhook_target import WebhookAddressError


def address_sentence(error: WebhookAddressError, words: GNUTranslations) -> str:
    """Say why nothing can be sent to an address."""
    _ = words.gettext
    return {
        "https": _("The address must begin with https://, so that nobody reads along."),
        "private": _(
            "This address lies in a private network. Only the operator of the server can "
            "allow that."
        ),
        "unknown": _("No server has this name."),
    }.get(
        str(error.params.get("problem")),
        _("This is no address of a server, such as https://example.org/hook."),
    )


def kind_words(words: GNUTranslations) -> dict[str, str]:
    """Return what each event is called."""
    _ = words.gettext
    return {
        "proposal.published": _("A new proposal"),
        "proposal.changed": _("A proposal changed"),
        "proposal.withdrawn": _("A proposal is shown no more"),
        "campaign.changed": _("A campaign changed as a whole"),
        "webhook.test": _("A test"),
    }


def state_words(words: GNUTranslations) -> dict[str, str]:
    """Return where an event stands."""
    _ = words.gettext
    return {
        "waiting": _("Waiting"),
        "sending": _("On its way"),
        "sent": _("Delivered"),
        "failed": _("Given up"),
        "cancelled": _("Not sent: it was not true any more"),
    }


def problem_words(problem: str, words: GNUTranslations) -> str:
    """Return why an attempt failed, in words as far as there are any."""
    _ = words.gettext
    kind, _colon, rest = problem.partition(": ")
    if kind == "address":
        return address_sentence(WebhookAddressError(problem=rest), words)
    if kind == "connection":
        said = {
            "ConnectionRefusedError": _("No program takes messages at this address."),
            "ConnectionResetError": _("The server broke the connection off."),
            "RemoteDisconnected": _("The server broke the connection off."),
            "TimeoutError": _("The server did not answer in time."),
            "SSLCertVerificationError": _("The certificate of the server is not valid."),
        }
        return said.get(rest) or _("The server could not be reached ({name}).").format(name=rest)
    if problem in ("HTTP 401", "HTTP 403"):
        return _("The program refused it ({name}): does it have this secret?").format(name=problem)
    return problem
