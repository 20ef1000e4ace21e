"""The letters that followers of a proposal get, and their short form for phones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from gettext import GNUTranslations
from typing import Any
from urllib.parse import quote, urlsplit

from core.language import DEFAULT, LANGUAGES, in_language, translations
from notifications.channels import Letter
from submissions.proposals.receipt_codes import format_receipt
from submissions.proposals.states import Stage, Status
from submissions.proposals.tell_followers import Template
from wording.letters.subject_matter import listed, named, signature, subject_matter
from wording.proposal_status import stage_words


@dataclass(frozen=True)
class _Links:
    """Where letters point to; each page opens in the reader's language."""

    base: str
    language: str

    def proposal(self, params: Mapping[str, Any]) -> str:
        return self._page("p", params["proposal"])

    def receipt(self, params: Mapping[str, Any]) -> str:
        return self._page("r", params["code"])

    def draw(self, params: Mapping[str, Any]) -> str:
        return f"{self.base}/w/c/{quote(params['campaign'])}/draw?lang={self.language}"

    def follow(self, params: Mapping[str, Any]) -> str:
        return self._page("follow", params["follow"])

    def end(self, params: Mapping[str, Any]) -> str:
        """Where one wants no more: of a proposal; after news of several, of all."""
        if not params.get("told"):
            return self.follow(params)
        return f"{self.base}/w/follow/{quote(params['follow'])}/all?lang={self.language}"

    def _page(self, kind: str, name: str) -> str:
        return f"{self.base}/w/{kind}/{quote(name)}?lang={self.language}"


@dataclass(frozen=True)
class _Said:
    """What one letter says: its parts in order, what a phone gets, and where that points."""

    subject: str
    parts: list[str]
    sms: str
    link: str


def letter(
    template: str, params: Mapping[str, Any], language: str, *, public_url: str = ""
) -> Letter:
    """Write a letter of one of the templates.

    It names the office, the campaign and the proposal as far as ``params`` have them
    (``letter_facts``). Links stand on ``public_url``, or else on ``params["base"]``. Raises
    ``KeyError`` for a template or parameter that is unknown or missing, ``ValueError`` without an
    address for links.
    """
    base = ascii_address(public_url or str(params.get("base", "")))
    lang = language if language in LANGUAGES else DEFAULT
    links, words = _Links(base, lang), translations(lang)
    said = _WRITERS[Template(template)](params, links, words)
    # A draw is told of once, whoever follows what: there is nothing to end.
    end_link = "" if template in _OF_A_DRAW else links.end(params)
    about = "" if template in _OF_A_DRAW else subject_matter(params, lang, words)
    several = bool(params.get("told"))
    why = _why(template, end_link, words, several=several)
    parts = [said.parts[0], about, *said.parts[1:], signature(params, lang), why]
    return Letter(
        subject=named(params, lang, said.subject),
        body="\n\n".join(filter(None, parts)) + "\n",
        sms=named(params, lang, said.sms),
        link=said.link,
        end_link=end_link,
    )


def ascii_address(address: str) -> str:
    """Return the address as it may stand in a letter's head: a Chinese host name in ASCII."""
    parts = urlsplit(address.rstrip("/"))
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("a letter needs the address of this server for its links")
    host = parts.netloc.encode("idna").decode()
    return f"{parts.scheme}://{host}{quote(parts.path)}"


def _why(template: str, end_link: str, words: GNUTranslations, *, several: bool) -> str:
    """Say why one gets this letter and how one gets no more of them."""
    _ = words.gettext
    if template == Template.PRIZE_VOID:
        reason = _("You get this letter because we wrote to you before that you had won a prize.")
        return f"--\n{reason}"
    if template == Template.PRIZE:
        reason = _(
            "You get this letter because you left your address with a proposal, to be reached if "
            "you win a prize. There will be no further letter about it."
        )
        return f"--\n{reason}"
    reason = _(
        "You get this letter because you asked for news of a proposal. "
        "To get no more letters about it, open this page:"
    )
    if several:
        reason = _(
            "You get this letter because you asked for news of these proposals. "
            "To get no more letters from us, open this page:"
        )
    if template == Template.CONFIRM:
        reason = _(
            "You get this letter because somebody entered your address on our map. "
            "If you do not want such letters about this proposal, open this page:"
        )
    return f"--\n{reason}\n{end_link}"


def _confirm(params: Mapping[str, Any], links: _Links, words: GNUTranslations) -> _Said:
    _ = words.gettext
    page = links.follow(params)
    return _Said(
        _("Shall we write to you about a proposal?"),
        [
            _("Hello! Somebody, probably you, asked to hear what becomes of a proposal."),
            _("If it was you, please open this page and press the button:") + f"\n{page}",
            _("If it was not you, you need to do nothing. We will not write to you about it."),
        ],
        _("You asked for news of a proposal? Please confirm:"),
        page,
    )


def _receipt(params: Mapping[str, Any], links: _Links, words: GNUTranslations) -> _Said:
    _ = words.gettext
    code, page = format_receipt(params["code"]), links.receipt(params)
    return _Said(
        _("Your proposal has arrived, code {code}").format(code=code),
        [
            _("Hello! Thank you, your proposal has arrived. Its code is {code}.").format(code=code),
            _("Please keep it. With it you can always see what became of your proposal:")
            + f"\n{page}",
        ],
        _("Your proposal has arrived, code {code}.").format(code=code),
        page,
    )


def _status(params: Mapping[str, Any], links: _Links, words: GNUTranslations) -> _Said:
    _ = words.gettext
    if params["status"] == Status.PUBLISHED:
        page = links.proposal(params)
        return _Said(
            _("The proposal you follow is on the map"),
            [
                _("Hello! The proposal you follow is on the map now. Everyone can see it:")
                + f"\n{page}"
            ],
            _("The proposal you follow is on the map now."),
            page,
        )
    return _Said(
        _("The proposal you follow is not shown on the map"),
        [
            _("Hello! The proposal you follow is not shown on the map."),
            _("If it is your own, you can still see it with your code."),
        ],
        _("The proposal you follow is not shown on the map."),
        links.follow(params),
    )


def _step(params: Mapping[str, Any], links: _Links, words: GNUTranslations) -> _Said:
    _ = words.gettext
    if params.get("told"):
        return _steps(params, links, words)
    news, page = _news(Stage(params["stage"]), words), links.proposal(params)
    reply = _reply(params, words)
    return _Said(
        _("News of the proposal you follow"),
        [
            _("Hello! {news}").format(news=news),
            *([reply] if reply else []),
            _("You can see all of it here:") + f"\n{page}",
        ],
        news,
        page,
    )


def _steps(params: Mapping[str, Any], links: _Links, words: GNUTranslations) -> _Said:
    """Return the one letter that tells of several proposals; a reply to all stands once."""
    told = params["told"]
    replies = {_reply(one, words) for one in told}
    common = replies.pop() if len(replies) == 1 else ""
    said = words.ngettext(
        "News of {n} proposal you follow: {state}",
        "News of {n} proposals you follow: {state}",
        len(told),
    ).format(n=len(told), state=stage_words(words)[Stage(params["stage"])])

    def alone(one: Mapping[str, Any]) -> str:
        return "" if common else _reply(one, words)

    each = listed(params, links.language, words, links.proposal, alone)
    greeting = words.gettext("Hello! {news}").format(news=said)
    return _Said(said, [greeting, common, *each], said, links.proposal(told[0]))


def _reply(params: Mapping[str, Any], words: GNUTranslations) -> str:
    """Return the reply with whose it is; empty for none."""
    _ = words.gettext
    reply, by = str(params.get("reply") or "").strip(), str(params.get("by") or "").strip()
    whose = _("{by} replies:").format(by=by) if by else _("The reply says:")
    return f"{whose}\n{reply}" if reply else ""


def _news(stage: Stage, words: GNUTranslations) -> str:
    _ = words.gettext
    return {
        Stage.ANSWERED: _("The proposal you follow has been answered."),
        Stage.DISCUSSED: _("The proposal you follow has been discussed."),
        Stage.DECIDED: _("The proposal you follow will be carried out."),
        Stage.DECLINED: _("The proposal you follow will not be carried out."),
        Stage.BUILT: _("The proposal you follow has been carried out."),
    }[stage]


def _merged(params: Mapping[str, Any], links: _Links, words: GNUTranslations) -> _Said:
    _ = words.gettext
    if params["side"] == "kept":
        news = _("Others asked for the same as the proposal you follow. They were joined with it.")
        heading = _("Others ask for the same as the proposal you follow")
    else:
        news = _(
            "Somebody else asked for the same as the proposal you follow, so the two were joined. "
            "All supports, comments and photos are kept, and we go on telling you what becomes "
            "of it."
        )
        heading = _("The proposal you follow was joined with another")
    return _told(heading, news, links.proposal(params), words)


def _unmerged(params: Mapping[str, Any], links: _Links, words: GNUTranslations) -> _Said:
    _ = words.gettext
    news = _(
        "The proposal you follow stands on its own again, apart from the one it was joined with."
    )
    heading = _("The proposal you follow stands on its own again")
    return _told(heading, news, links.proposal(params), words)


def _told(heading: str, news: str, page: str, words: GNUTranslations) -> _Said:
    """Return a letter of one piece of news, with where all of it is seen."""
    _ = words.gettext
    where = _("You can see all of it here:") + f"\n{page}"
    return _Said(heading, [_("Hello! {news}").format(news=news), where], heading, page)


def _comment(params: Mapping[str, Any], links: _Links, words: GNUTranslations) -> _Said:
    _ = words.gettext
    page = links.proposal(params)
    return _Said(
        _("Somebody commented on the proposal you follow"),
        [_("Hello! Somebody commented on the proposal you follow. Read it here:") + f"\n{page}"],
        _("Somebody commented on the proposal you follow."),
        page,
    )


def _moved(params: Mapping[str, Any], links: _Links, words: GNUTranslations) -> _Said:
    _ = words.gettext
    reason, page = str(params.get("reason") or "").strip(), links.proposal(params)
    news = (
        _("The office put the pin of your proposal back to where you had put it.")
        if params.get("back")
        else _("The office moved the pin of your proposal to another place.")
    )
    heading = _("The pin of your proposal was moved")
    return _Said(
        heading,
        [
            _("Hello! {news}").format(news=news),
            *([_("Why: {reason}").format(reason=reason)] if reason else []),
            _("Please look whether it is right now:") + f"\n{page}",
        ],
        heading,
        page,
    )


def _prize(params: Mapping[str, Any], links: _Links, words: GNUTranslations) -> _Said:
    _ = words.gettext
    page, entry = links.draw(params), str(params["entry"])
    title = in_language(params["title"], links.language)
    claim = in_language(params["claim"], links.language)
    return _Said(
        _("You have won in the prize draw"),
        [
            _("Hello! Your proposal in “{title}” has won in the prize draw.").format(title=title),
            *([claim] if claim else []),
            _("Your entry in the draw was {entry}. The page of your code shows it, too.").format(
                entry=entry
            ),
            _("How it was drawn, for everyone to check:") + f"\n{page}",
        ],
        _("You have won in the prize draw. Your entry: {entry}").format(entry=entry),
        page,
    )


def _prize_void(params: Mapping[str, Any], links: _Links, words: GNUTranslations) -> _Said:
    _ = words.gettext
    page, entry = links.draw(params), str(params["entry"])
    title = in_language(params["title"], links.language)
    return _Said(
        _("The prize draw is void"),
        [
            _(
                "Hello! We wrote to you that your proposal in “{title}” had won in the prize draw. "
                "That draw has been declared void, so your prize is not valid any more. We are "
                "sorry."
            ).format(title=title),
            _("The office's reason:") + f"\n{params['reason']}",
            _(
                "Your entry in the draw was {entry}. If you have questions, please ask the office."
            ).format(entry=entry),
            _(
                "If a new list is drawn from, proposals take part again by its rules; you need to "
                "do nothing for it. What was void and why stands here, for everyone to read:"
            )
            + f"\n{page}",
        ],
        _("The draw is void, you have not won. Entry: {entry}").format(entry=entry),
        page,
    )


_OF_A_DRAW = frozenset({Template.PRIZE, Template.PRIZE_VOID})
_WRITERS: dict[Template, Callable[[Mapping[str, Any], _Links, GNUTranslations], _Said]] = {
    Template.CONFIRM: _confirm,
    Template.RECEIPT: _receipt,
    Template.STATUS: _status,
    Template.STEP: _step,
    Template.COMMENT: _comment,
    Template.PRIZE: _prize,
    Template.PRIZE_VOID: _prize_void,
    Template.MERGED: _merged,
    Template.UNMERGED: _unmerged,
    Template.MOVED: _moved,
}
