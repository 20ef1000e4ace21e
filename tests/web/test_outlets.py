"""Nothing of what is not public stands in any page; what people write does nothing in any."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from sqlalchemy import select

from core.database import Database
from deliberation.official_steps import tell_step
from people.access.actor import OPERATOR
from serving.context import Context
from submissions.participation.author_edits import withdraw_proposal
from submissions.participation.comments import change_comment_status
from submissions.participation.models import Comment, Photo
from submissions.participation.photos import change_photo_status
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView
from tests.conftest import make_campaign
from tests.examples import some_of
from tests.submissions.acting import act, moderate
from tests.web.acting import QUESTIONS, SAID, filed, picture, row
from tests.web.browsing import Browser, Page
from tests.web.conftest import CHANNELS

NOW = datetime.now(UTC)
WORDS, COMMENT, REPLY = "只给作者看的建议内容", "还没人看过的评论", "不该外传的答复"
CONTACT, PRIVATE, REASON = "secret.li@example.org", "赵钱孙", "审核时写下的理由"


def outlets(slug: str, public_id: str) -> list[str]:
    """Return every address under which a proposal could be seen."""
    base = f"/w/c/{slug}"
    asked = [
        "",
        "sort=supported",
        "sort=near&at=116.31,40.03",
        "category=bike_parking",
        "community=110108017001",
        "stage=decided",
        f"text={quote(WORDS[:4])}",
        "page=2",
        "lang=en",
    ]
    return [
        "/w/",
        *(f"{base}?{query}" for query in asked),
        *(f"{base}/list?{query}" for query in asked),
        f"{base}/say",
        f"{base}/feed.atom",
        f"/w/p/{public_id}",
        f"/w/p/{public_id}?said=followed",
        "/w/mine",
        "/w/r",
    ]


@pytest.fixture
def room(make_room: Callable[..., Context]) -> Context:
    """Give an office that can write e-mails, as contacts are asked for there alone."""
    return make_room(**CHANNELS)


class TestLeaks:
    @pytest.fixture
    def public_id(self, resident: Browser, neighbour: Browser, database: Database) -> str:
        """Give a proposal with all that may stand with one, beside another of somebody else."""
        make_campaign(database, questions=QUESTIONS)
        files = [("photo", ("a.jpg", picture(), "image/jpeg"))]
        given = {"q_when": "evening", "q_name": PRIVATE}
        code = filed(resident, text=WORDS, files=files, contact=CONTACT, consent="1", **given)
        public_id = row(database, code).public_id
        filed(neighbour, text="旁边另一条公开的建议", longitude="116.311", **given)
        neighbour.send(neighbour.open(f"/w/p/{public_id}").form("/follow"))
        neighbour.send(neighbour.open(f"/w/p/{public_id}").form("/support"))
        neighbour.send(neighbour.open(f"/w/p/{public_id}").form("/comments"), text=COMMENT)
        act(database, tell_step, OPERATOR, [public_id], "decided", REPLY, by="清河街道", now=NOW)
        return public_id

    def seen(self, browser: Browser, public_id: str, addresses: Sequence[str] = ()) -> str:
        """Return all that a device gets, or at these addresses, without the names it asked for."""
        bodies = []
        for address in addresses or outlets("test-campaign", public_id):
            browser.open(address)
            assert browser.status in {200, 404}, address
            body = browser.body
            if browser.status == 404:  # the way to the same page in the other language
                body = body.replace(f'href="/w/p/{public_id}?', "")
            if "text=" in address:  # what was searched for stands in its field
                body = body.replace(f'value="{WORDS[:4]}"', "")
            bodies.append(body)
        return "\n".join(bodies)

    @pytest.mark.parametrize(
        "status",
        [
            pytest.param("hidden", marks=pytest.mark.on_both),
            pytest.param("held", marks=pytest.mark.everything),
            "withdrawn",
            pytest.param("received", marks=pytest.mark.everything),
        ],
    )
    def test_what_is_not_public_stands_nowhere(
        self,
        resident: Browser,
        open_browser: Callable[..., Browser],
        neighbour: Browser,
        database: Database,
        public_id: str,
        status: str,
    ) -> None:
        def change(session: Any) -> None:
            session.scalars(
                select(Proposal).where(Proposal.public_id == public_id)
            ).one().status = status

        if status == "withdrawn":
            act(database, withdraw_proposal, resident.actor, public_id, now=NOW)
        elif status == "received":
            database.write(change)  # nobody unpublishes so: as if it had never been shown
        else:
            moderate(database, public_id, status)
        with database.reading() as session:
            photo = session.scalars(select(Photo.name)).one()
        for browser in (open_browser(), neighbour):
            told = self.seen(browser, public_id)
            for secret in (WORDS[:8], REPLY, PRIVATE, CONTACT, photo, public_id):
                assert secret not in told, secret
            for address in (f"/w/p/{public_id}", f"/w/p/{public_id}/share.png"):
                browser.open(address)
                assert browser.status == 404
            for size in ("full", "thumbnail"):
                browser.open(f"/api/photos/{photo}/{size}.jpg")
                assert browser.status == 404
        own = resident.open(f"/w/p/{public_id}")
        assert resident.status == 200
        assert WORDS in own.text
        assert WORDS in resident.open("/w/mine").text

    @pytest.mark.on_both
    def test_what_is_public_tells_no_more_than_it_should(
        self,
        resident: Browser,
        open_browser: Callable[..., Browser],
        neighbour: Browser,
        database: Database,
        public_id: str,
    ) -> None:
        stored = next(each for each in self.all(database) if each.public_id == public_id)
        code = stored.receipt
        with database.reading() as session:
            photo = session.scalars(select(Photo.name)).one()
            comment = session.scalars(select(Comment)).one()
        secrets = [PRIVATE, CONTACT, stored.author_key, code, f"{code[:4]}-{code[4:8]}", photo]
        stranger = open_browser()
        told = self.seen(stranger, public_id)
        assert WORDS in told
        assert REPLY in told
        for secret in [*secrets, COMMENT]:
            assert secret not in told, secret
        here = (f"/w/p/{public_id}", "/w/c/test-campaign/list", "/w/mine")
        told = self.seen(neighbour, public_id, here)  # who wrote the comment
        assert COMMENT in told
        for secret in secrets:
            assert secret not in told, secret
        own = self.seen(resident, public_id, here)
        assert f"{code[:4]}-{code[4:8]}" in own  # the way to the receipt, in one's own list
        assert photo in own
        for secret in (CONTACT, stored.author_key, COMMENT):
            assert secret not in own, secret
        name = comment.public_id
        for status, shown in (("published", True), ("hidden", False)):
            act(database, change_comment_status, OPERATOR, name, status, reason=REASON, now=NOW)
            told = self.seen(stranger, public_id, here)
            assert (COMMENT in told) is shown
            assert REASON not in told
        for status, shown in (("published", True), ("hidden", False)):
            act(database, change_photo_status, OPERATOR, photo, status, reason=REASON, now=NOW)
            assert (photo in self.seen(stranger, public_id, here)) is shown

    def test_the_receipt_shows_no_contact_and_no_private_answer(
        self,
        resident: Browser,
        open_browser: Callable[..., Browser],
        database: Database,
        public_id: str,
    ) -> None:
        code = next(e for e in self.all(database) if e.public_id == public_id).receipt
        finder = open_browser()
        for status in ("published", "held", "hidden"):
            if status != "published":
                moderate(database, public_id, status)
            page = finder.open(f"/w/r/{code}")
            assert WORDS in page.text
            for secret in (CONTACT, PRIVATE, COMMENT):
                assert secret not in finder.body
            acts = [form.action for form in page.forms]
            assert not [a for a in acts if a.endswith(f"{public_id}/withdraw")]
            assert f"/w/p/{public_id}/change" not in finder.body
            assert finder.answer.headers["cache-control"] == "private, no-store"

    def test_reports_are_seen_by_nobody(
        self,
        neighbour: Browser,
        open_browser: Callable[..., Browser],
        database: Database,
        public_id: str,
    ) -> None:
        form = neighbour.open(f"/w/p/{public_id}").form("/report")
        neighbour.send(form, reason="other", text="举报时写的话")
        for browser in (neighbour, open_browser()):
            assert "举报时写的话" not in self.seen(browser, public_id)

    @staticmethod
    def all(database: Database) -> list[Proposal]:
        with database.reading() as session:
            return list(session.scalars(select(Proposal)))


BAD = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'\"><svg/onload=alert(1)>",
    "{{7*7}}{% raw %}${7*7}",
    "javascript:alert(1)",
    "&lt;b&gt; & ' \" <",
    "</textarea></title></script><script>alert(1)</script>",
    "]]><x:script xmlns:x='http://www.w3.org/1999/xhtml'>alert(1)</x:script>",
    "<!-- --!> <plaintext>",
    "﷽ 𝒳 𐏐 \U0001f3f4\u200d\u2620\ufe0f",
]


ODD_FIELDS = ("category", "relation", "shape", "photos", "accuracy_m", "client_token")


def inert(browser: Browser, page: Page, bad: str) -> None:
    """Assert that a page has no element, handler or address that does what it should not."""
    for tag, attributes in page.elements:
        assert tag not in {"plaintext", "x:script", "object", "embed", "base"}, tag
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
        for name in ("href", "src", "action", "formaction"):
            assert attributes.get(name, "/")[:11].lower() != "javascript:", attributes
    assert "<script>alert" not in browser.body
    assert "<img src=x" not in browser.body
    assert "49$" not in browser.body  # a template inside a text is not one
    for tag, attributes in page.elements:
        for name, value in attributes.items():
            if name in {"data-words", "data-looks", "data-when"}:
                assert isinstance(json.loads(value), dict), (tag, name)
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", browser.body, re.DOTALL)
    for script in scripts:
        assert not re.search(r"</|<!--|<script", script), bad
        code = re.sub(r'"(?:[^"\\\n]|\\.)*"', "", script)  # what stands outside of its texts
        assert "alert(1)" not in code, bad
        assert "onerror" not in code, bad


#: One of each kind: an attribute's end, a template, an address, a text's end with a script.
UNLIKE = [BAD[at] for at in (1, 3, 4, 6)]


@pytest.mark.parametrize(
    "bad",
    [
        *(
            pytest.param(one, marks=[] if one in UNLIKE else pytest.mark.everything)
            for one in BAD[:-1]
        ),
        pytest.param(BAD[-1], marks=pytest.mark.on_both),
    ],
)
def test_what_people_write_does_nothing(
    resident: Browser, neighbour: Browser, database: Database, bad: str
) -> None:
    words = {"zh_CN": bad, "en": bad}
    make_campaign(
        database,
        texts={
            lang: dict.fromkeys(("title", "question", "intro", "prize", "hint"), bad)
            for lang in ("zh_CN", "en")
        },
        categories=[
            {"key": "bike_parking", "name": words, "color": "#123456", "icon": "bike"},
            {"key": "public_space", "name": words, "color": bad, "icon": bad},
        ],
        questions=[
            {**QUESTIONS[2], "label": words, "hint": words, "private": False},
            {
                **QUESTIONS[0],
                "label": words,
                "show_if": {"category": ["bike_parking"]},
                "options": [{"key": "a", "label": words}, {"key": "b", "label": words}],
            },
        ],
        facility={"layer": "stations", "near_m": 100, "name": words},
    )
    code = filed(resident, text=bad + SAID, q_name=bad, q_when="a", why_another=bad)
    public_id = row(database, code).public_id
    here = f"/w/p/{public_id}"
    neighbour.send(neighbour.open(here).form("/comments"), text=bad)
    with database.reading() as session:
        comment = session.scalars(select(Comment.public_id)).one()
    act(database, change_comment_status, OPERATOR, comment, "published", reason=bad, now=NOW)
    act(database, tell_step, OPERATOR, [public_id], "decided", bad, by="清河街道 <b>", now=NOW)
    base, said = "/w/c/test-campaign", quote(bad)
    for address in [
        "/w/",
        base,
        f"{base}/list",
        f"{base}/say",
        f"{base}?text={said}&category={said}&community={said}&stage={said}&at={said}&sort=near",
        f"{base}?place={said}&at=116.31,40.03&page={said}&lang={said}&{said}={said}",
        f"{base}?at={said},{said}",
        here,
        f"{here}?said={said}&x={said}",
        f"/w/r/{code}?fresh={said}",
        f"/w/r?code={said}",
        f"/w/desk/sign-in?next={said}",
        "/w/mine",
        f"/w/mine?lang=en&{said}={said}",
    ]:
        # who wrote it is shown more of it; what others are shown is of the same templates
        for browser in (resident, neighbour) if address in (base, here) else (resident,):
            page = browser.open(address)
            assert browser.answer.headers["content-type"].startswith("text/html"), address
            inert(browser, page, bad)
    page = neighbour.open(here)
    kept = "".join(c for c in bad.strip() if c.isprintable() and c not in "\u2028\u2029")
    assert kept.split()[0] in page.text
    for lang in ("zh_CN", "en"):
        resident.open(f"{base}/feed.atom?lang={lang}")
        tree = ElementTree.fromstring(resident.answer.content)
        names = {element.tag.rpartition("}")[2] for element in tree.iter()}
        assert not names & {"script", "img", "svg", "plaintext"}
    refused = {"text": bad, "place": bad, "contact": bad, "q_name": bad, "why_another": bad}
    for odd in some_of(ODD_FIELDS, BAD.index(bad)):
        form = neighbour.open(base).form("/say")
        page = neighbour.send(form, **refused, **{odd: bad})
        assert neighbour.status == 422
        inert(neighbour, page, bad)
        assert page.form("/say").one("text").replace("\r\n", "\n") == bad
        assert page.form("/say").one("contact") == bad
    page = neighbour.send(page.form("/say"), headers={"accept": "application/json"})
    assert neighbour.answer.json()["sentence"]


def test_pages_may_load_nothing_from_elsewhere(resident: Browser, campaign: CampaignView) -> None:
    code = filed(resident)
    for address in ("/w/", "/w/c/test-campaign", f"/w/r/{code}", "/w/mine"):
        page = resident.open(address)
        policy = resident.answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'self'" in policy
        assert resident.answer.headers["permissions-policy"].startswith("geolocation=(self), ")
        assert 'style="' not in resident.body
        assert not re.search(r"<(style|\w+ [^>]*\bon\w+=)", resident.body)
        assert resident.answer.headers["x-content-type-options"] == "nosniff"
        for tag, attributes in page.elements:
            loaded = attributes.get("src") or (attributes.get("href") if tag == "link" else "")
            if loaded and attributes.get("rel") not in {"canonical", "alternate"}:
                assert loaded.startswith("/"), (tag, loaded)
                assert not loaded.startswith("//")
