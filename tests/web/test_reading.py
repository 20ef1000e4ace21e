"""Reading: the list with its filters and pages, previews in chat apps, the language."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from PIL import Image

from core.database import Database
from core.language import LANGUAGES
from serving.context import Context
from submissions.participation import my_proposals
from submissions.proposals.queries import CampaignView
from tests.conftest import make_campaign
from tests.submissions.acting import file
from tests.web.acting import filed, row
from tests.web.browsing import Browser, Page
from tests.web.conftest import PUBLIC, site

BASE = "/w/c/test-campaign"


def listed(page: Page) -> list[str]:
    """Return the proposals of the list, in its order."""
    return [f.action.split("/")[3] for f in page.forms if f.action.endswith("/support")]


def shown(browser: Browser, query: str) -> list[str]:
    page = browser.open(f"{BASE}/list?{query}")
    assert browser.status == 200
    return listed(page)


def test_filters_and_orders(resident: Browser, ids: list[str]) -> None:
    newest = ids[::-1]
    cases: dict[str, list[str]] = {
        "": newest[:10],
        "page=2": newest[10:20],
        "page=3": newest[20:],
        "page=99": newest[20:],
        "sort=supported": [ids[5], ids[7], *[i for i in newest if i not in (ids[5], ids[7])][:8]],
        "sort=near&at=116.301,40.03": ids[:10],
        "sort=near&at=116.3362,40.03": newest[:10],
        "sort=near&at=116.301,40.03&page=3": ids[20:],
        "sort=near&at=116.301,40.03&category=public_space": ids[::3],
        "sort=near": newest[:10],
        "category=public_space": ids[::3][::-1],
        "category=bike_parking&page=2": [i for i in newest if i not in ids[::3]][10:],
        "community=110108017003": ids[:11:-1][:10],
        "community=110108017007": [],
        "stage=built": [ids[3]],
        "stage=declined": [],
        f"text={quote('第3条')}": [ids[3]],
        f"text={quote('100%_')}{quote(chr(92))}": newest[:10],
        "text=%25": newest[:10],
        "text=_x": [],
        "text=RAIN&category=public_space": ids[::3][1::2][::-1],
        f"text={quote('第3条')}&stage=built&category=public_space&sort=supported": [ids[3]],
    }
    for query, wanted in cases.items():
        assert shown(resident, query) == wanted, query


def test_pages_keep_what_was_chosen(resident: Browser, ids: list[str]) -> None:
    chosen = {
        "category": "bike_parking",
        "community": "",
        "stage": "",
        "text": '100%_\\ "&<',
        "sort": "near",
        "at": "116.301,40.03",
    }
    chosen["text"] = "100%_\\"
    query = "&".join(f"{name}={quote(value)}" for name, value in chosen.items())
    page = resident.open(f"{BASE}?{query}")
    seen = listed(page)
    while True:
        form = next(f for f in page.forms if f.attributes.get("class") == "lj-filters")
        assert {name: form.one(name) for name in chosen} == chosen
        onward = page.all("a", rel="next")
        if not onward:
            break
        address = urlsplit(onward[0]["href"])
        assert (address.path, address.fragment) == (BASE, "proposals")
        kept = {name: value for name, value in chosen.items() if value}
        asked = {name: value[0] for name, value in parse_qs(address.query).items()}
        assert asked.pop("page").isdecimal()
        assert asked == kept
        page = resident.open(f"{address.path}?{address.query}")
        seen += listed(page)
    answered = [ids[3]]  # stands on each page, above the list
    assert [i for i in seen if i not in answered] == [i for n, i in enumerate(ids) if n % 3]


ODD = [
    "page=abc",
    "page=-1",
    "page=0",
    f"page={10**30}",
    f"page={'9' * 5000}",
    "page=%C2%B2",
    "page=%D9%A3",
    "at=foo",
    "sort=near&at=foo",
    "sort=near&at=nan,nan",
    "sort=near&at=1e999,0",
    "sort=near&at=999,999",
    "sort=near&at=1,2,3",
    "sort=xyz",
    "category=nope",
    "category=%00",
    "community=%00",
    "community=%ED%A0%80",
    "stage=nope",
    "stage=unanswered",
    "text=%25_%5C",
    "text=%00",
    "text=%F0%9F%98%80",
    f"text={'x' * 9000}",
    "lang=xx",
    "lang=%00&large=7",
    "place=%00&at=116.31,40.03",
    "page=1&page=2&sort=new&sort=near",
    "said=nope",
]


def test_nonsense_in_an_address_is_passed_over(resident: Browser, ids: list[str]) -> None:
    for query in ODD:
        for part in ("", "/list", "/say"):
            resident.open(f"{BASE}{part}?{query}")
            assert resident.status == 200, (part, query)
    assert shown(resident, "sort=xyz") == shown(resident, "sort=near&at=foo") == ids[:-11:-1]


@pytest.mark.parametrize("at", ["nan,nan", "inf,1", "foo", ",", "1", "1,", "1e999,40"])
def test_a_card_that_names_no_place_places_no_pin(
    resident: Browser, campaign: CampaignView, at: str
) -> None:
    form = resident.open(f"{BASE}?at={at}").form("/say")
    assert (form.one("longitude"), form.one("latitude")) == ("", "")


def test_the_fragments_are_the_parts_of_the_page(resident: Browser, ids: list[str]) -> None:
    whole = resident.open(f"{BASE}?category=public_space")
    part = resident.open(f"{BASE}/list?category=public_space")
    assert resident.answer.headers["cache-control"] == "private, no-store"
    assert not part.all("html")
    assert listed(whole)[-len(listed(part)) :] == listed(part)
    form = resident.open(f"{BASE}/say?category=public_space").form("/say")
    assert resident.answer.headers["cache-control"] == "private, no-store"
    assert form.values.keys() == whole.form("/say").values.keys()


class TestPreviews:
    @pytest.mark.parametrize(
        ("public_url", "wanted"),
        [
            ("", "http://testserver"),
            (PUBLIC, PUBLIC),
            (f"{PUBLIC}/", PUBLIC),
            (f"{PUBLIC}/map", f"{PUBLIC}/map"),
        ],
    )
    def test_of_a_campaign_and_a_proposal(
        self,
        make_room: Callable[..., Context],
        database: Database,
        campaign: CampaignView,
        public_url: str,
        wanted: str,
    ) -> None:
        public_id = file(database, campaign, text='说"一句"话 & 两句\n三句').public_id
        browser = Browser(site(make_room(public_url=public_url)))
        page = browser.open(f"{BASE}?lang=en&text=x")
        assert page.meta("og:title") == "Test call"
        assert page.meta("og:description") == page.meta("description") == "Where?"
        assert page.meta("og:url") == f"{wanted}{BASE}"
        assert page.all("link", rel="canonical")[0]["href"] == f"{wanted}{BASE}"
        assert page.meta("og:image") == f"{wanted}{BASE}/share.png?lang=en"
        self.is_picture(browser, page.meta("og:image"), wanted, (1200, 630))
        page = browser.open(f"/w/p/{public_id}?said=saved")
        assert page.meta("og:title") == '说"一句"话 & 两句 三句'
        assert page.meta("og:description")
        assert page.meta("og:url") == f"{wanted}/w/p/{public_id}"
        assert page.meta("og:image").startswith(f"{wanted}/w/p/{public_id}/share.png")
        self.is_picture(browser, page.meta("og:image"), wanted, None)
        code = filed(browser)
        page = browser.open(f"/w/r/{code}")
        assert f"{wanted}/w/r/{code}" in [a["href"] for a in page.all("a")]

    @staticmethod
    def is_picture(browser: Browser, address: str, base: str, size: tuple[int, int] | None) -> None:
        browser.open(address.removeprefix(base))
        assert browser.answer.headers["content-type"] == "image/png"
        with Image.open(BytesIO(browser.answer.content)) as image:
            assert size is None or image.size == size

    def test_a_receipt_is_no_page_for_search_engines_to_keep(
        self, resident: Browser, neighbour: Browser, database: Database
    ) -> None:
        make_campaign(database, publish_on_filing=False)
        code = filed(resident)
        page = neighbour.open(f"/w/r/{code}")
        assert page.meta("robots") == "noindex"
        assert not page.meta("og:title")
        neighbour.open(f"/w/p/{row(database, code).public_id}/share.png")
        assert neighbour.status == 404


class TestLanguageAndType:
    def test_both_are_remembered(self, resident: Browser, campaign: CampaignView) -> None:
        page = resident.open(BASE)
        assert page.all("html")[0]["lang"] == "zh-CN"
        for query, lang, large in (
            ("?lang=en", "en", False),
            ("?large=1", "en", True),
            ("", "en", True),
            ("?lang=nope&large=nope", "en", False),
            ("", "en", True),
            ("?lang=zh_CN&large=0", "zh-CN", False),
            ("", "zh-CN", False),
        ):
            page = resident.open(f"{BASE}{query}")
            html = page.all("html")[0]
            assert (html["lang"], html.get("class") == "lj-large") == (lang, large), query

    @pytest.mark.parametrize(
        "address",
        [
            f"{BASE}?category=public_space&text=a%26b%3D%22%3C&page=2",
            "/w/mine",
            "/w/r?code=x%20y",
            "/w//evil.example?x=1",
            "/w/%2f%2fevil.example",
            "/w/c/nope?next=//evil.example",
            "/w/\\evil.example",
        ],
    )
    def test_links_to_the_other_language_stay_here(
        self, resident: Browser, campaign: CampaignView, address: str
    ) -> None:
        page = resident.open(address)
        for link in page.all("a", rel="nofollow"):
            to, asked = urlsplit(link["href"]), urlsplit(address)
            assert (to.scheme, to.netloc) == ("", "")
            assert to.path.startswith("/w/")
            kept = parse_qs(to.query)
            for name, values in parse_qs(asked.query).items():
                assert kept[name] == values
            assert {"lang", "large"} & set(kept)
            resident.open(link["href"])
            assert resident.answer.status_code in {200, 303, 404}

    def test_after_a_refused_form_they_lead_to_its_page(
        self, resident: Browser, neighbour: Browser, database: Database, campaign: CampaignView
    ) -> None:
        page = resident.send(resident.open(BASE).form("/say"), text="")
        self.all_lead_to(resident, page, BASE)
        here = f"/w/p/{row(database, filed(resident)).public_id}"
        page = neighbour.send(neighbour.open(here).form("/comments"), text="")
        self.all_lead_to(neighbour, page, here)

    @staticmethod
    def all_lead_to(browser: Browser, page: Page, path: str) -> None:
        links = page.all("a", rel="nofollow")
        assert len(links) == len(LANGUAGES)  # the others, and the size of type
        for link in links:
            assert urlsplit(link["href"]).path == path
            browser.open(link["href"])
            assert browser.status == 200

    def test_a_code_leads_to_its_receipt_alone(self, resident: Browser) -> None:
        resident.open("/w/r?code=acef-2345-wxy6")
        assert resident.status in {303, 404}
        for typed in ("//evil.example", "https://evil.example", "\\\\evil", "%0d%0aX: 1"):
            resident.open(f"/w/r?code={typed}")
            assert resident.status == 404
            assert "location" not in resident.answer.headers
        page = resident.open("/w/r")
        assert page.forms[0].one("code") == ""


#: What would run, be drawn or break out of its place wherever it was not text.
MARKUP = (
    "<img src=x onerror=hurt=1><script>hurt=1</script><u>粗</u> <svg onload=hurt=1> "
    "</textarea></title></script>'\";hurt=1;//{{7*7}}{% if %}${7*7}&lt;i&gt;"
)


def test_markup_that_people_type_is_text_on_every_page(
    resident: Browser, neighbour: Browser, database: Database, campaign: CampaignView
) -> None:
    plain = resident.open(BASE).all("script")
    code = filed(resident, text=MARKUP, why_another=MARKUP)
    public_id = row(database, code).public_id
    neighbour.send(neighbour.open(f"/w/p/{public_id}").form("/comments"), text=MARKUP)
    refused = neighbour.send(neighbour.open(BASE).form("/say"), text=MARKUP, place=MARKUP)
    assert refused.form("/say").one("text") == refused.form("/say").one("place") == MARKUP
    pages = [refused]
    for browser, address in (
        (resident, BASE),
        (resident, f"{BASE}?text={quote(MARKUP)}"),
        (resident, f"{BASE}/list?lang=en"),
        (resident, f"/w/r/{code}"),
        (resident, "/w/mine"),
        (neighbour, f"/w/p/{public_id}"),
    ):
        page = browser.open(address)
        assert browser.status == 200, address
        assert MARKUP[:30] in page.text, address
        pages.append(page)
    assert MARKUP in pages[-1].text
    for page in pages:
        assert not [e for e in page.elements if e[0] == "u" or {"onerror", "onload"} & set(e[1])]
        assert not page.all("img", src="x")
        assert len(page.all("script")) <= len(plain)


def test_the_other_light_pages_ask_for_no_file_that_a_campaigns_does_not(
    resident: Browser, neighbour: Browser, database: Database, campaign: CampaignView
) -> None:
    """Whose weight is taken in a browser."""

    def files(page: Page) -> set[str]:
        named = [e.get("src") or e.get("href") or "" for _tag, e in page.elements]
        return {address for address in named if address.startswith("/assets/")}

    code = filed(resident)
    most = files(neighbour.open(BASE))
    assert {".js", ".css"} <= {"." + one.partition("?")[0].rpartition(".")[2] for one in most}
    for address in (f"/w/p/{row(database, code).public_id}", "/w/r", "/w/mine", "/w/"):
        assert files(neighbour.open(address)) <= most, address


def test_figures_and_outcomes(resident: Browser, database: Database, ids: list[str]) -> None:
    page = resident.open(f"{BASE}?lang=en")
    assert "23 proposals" in page.text
    assert "23 people took part" in page.text
    assert "2 communities reached" in page.text
    assert "1 answered by the office 1 built" in page.text
    addresses = [a["href"] for a in page.all("a") if "href" in a]
    assert ids[3] in {address.rpartition("/")[2] for address in addresses}
    assert f"{BASE}?stage=built#proposals" in addresses  # the way to all of them


def test_a_list_of_ones_own_that_is_cut_says_so(
    resident: Browser, campaign: CampaignView, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = [filed(resident, text=f"第{n}条") for n in range(3)]
    monkeypatch.setitem(my_proposals.own_proposals.__kwdefaults__, "most", 2)  # type: ignore[index]
    page = resident.open("/w/mine?lang=en")
    assert "The latest 2 of 3." in page.text
    shown = [code for code in codes if f"/w/r/{code}" in resident.body]
    assert len(shown) == 2


def test_my_list_is_this_devices(
    resident: Browser, neighbour: Browser, database: Database, campaign: CampaignView
) -> None:
    code = filed(resident)
    page = resident.open("/w/mine")
    assert f"/w/r/{code}" in [a["href"] for a in page.all("a")]
    assert code not in neighbour.open("/w/mine").text


def test_private_pages_are_kept_by_nobody(resident: Browser, campaign: CampaignView) -> None:
    code = filed(resident)
    for address in (BASE, "/w/", "/w/mine", f"/w/r/{code}"):
        resident.open(address)
        assert resident.answer.headers["cache-control"].startswith("private, no-")
    resident.open(f"/w/r/{code}")
    assert resident.answer.headers["cache-control"] == "private, no-store"
    assert resident.answer.headers["referrer-policy"] == "same-origin"


def test_a_previewer_that_asks_for_headers_alone_gets_them(
    resident: Browser, database: Database
) -> None:
    make_campaign(database)
    for address, status in (("/w/c/test-campaign", 200), ("/w/c/nothing", 404)):
        answer = resident.client.head(address)
        assert (answer.status_code, answer.content) == (status, b"")
        assert answer.headers["content-type"].startswith("text/html")
