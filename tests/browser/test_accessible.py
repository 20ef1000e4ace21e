"""Every page for everyone: by axe-core, for fingers, in the dark, in large type, in little room.

Each page is looked over in one look: on a phone or at a desk, light or dark, in standard or in
large type. Over the pages all pairs of these and of the languages are met; with ``--everything``
each page is in every look.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import combinations, product
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from people.access.actor import Role
from tests.browser.axe import too_small, violations
from tests.browser.residents import PLACE, Form, Ground, file_one
from tests.browser.test_afterwards import somebodys
from tests.browser.test_moderation import waiting
from tests.browser.test_photos import add, camera, pictures
from tests.browser.walking import (
    DESK,
    PHONE,
    OpenPage,
    Server,
    look_at,
    overflow,
    settled,
    sign_in,
    still,
)
from tests.people.acting import new_account

Reach = Callable[[OpenPage, Server, Ground], Page]
NARROW = {"width": 320, "height": 640}


def everything_open(open_page: OpenPage, _server: Server, ground: Ground) -> Page:
    """The form with neighbours, photos, search results and troubles, all unfolded."""
    page = open_page("/w/c/bike-parking")
    form = Form(page)
    form.place(*ground.near())
    for at in range(form.box.locator("details:not(.lj-near)").count()):
        form.box.locator("details:not(.lj-near) > summary").nth(at).click()
    form.pick("category", "bike_parking")
    form.pick("q_about", "position", "management")
    add(form, camera(PLACE))
    expect(pictures(form)).to_have_count(1)
    form.button("Send my proposal").click()
    expect(form.problem("text")).to_be_visible()
    form.box.locator("input[name=place]").fill("清河")
    expect(form.box.locator("#lj-found li").first).to_be_visible()
    return page


def drawing(open_page: OpenPage, _server: Server, ground: Ground) -> Page:
    page = open_page("/w/c/micro-park", lang="en")
    form, place = Form(page, "en"), ground.quiet("micro-park")
    form.button("A plot").click()
    for shift in (0.0, 2e-4):
        look_at(page, place[0] + shift, place[1], 18)
        form.button("Add a corner at the cross").click()
    return page


def pins_opened(open_page: OpenPage, server: Server, _ground: Ground) -> Page:
    """The map with a pin's words on it."""
    pin = server.json("/api/campaigns/micro-park/proposals.geojson")["features"][5]
    page = open_page("/w/c/micro-park")
    look_at(page, *pin["geometry"]["coordinates"], 20)
    page.locator(".lujian-pin, .lujian-cluster").first.click()
    expect(page.locator(".lujian-popup section").first).to_be_visible()
    still(page)
    return page


def proposal(open_page: OpenPage, server: Server, _ground: Ground) -> Page:
    page = open_page(f"/w/p/{somebodys(server, '一条建议')}")
    page.locator("details > summary").evaluate_all("(all) => all.forEach((it) => it.click())")
    page.get_by_label("您的评论").fill("说得对")
    page.get_by_role("button", name="提交评论").click()
    expect(page.locator(".lj-comments li")).to_have_count(1)
    return page


def receipt(open_page: OpenPage, _server: Server, ground: Ground) -> Page:
    page = open_page("/w/c/bike-parking")
    file_one(page, ground.quiet(), "请在这里画停车线，谢谢。")
    page.locator("details > summary").evaluate_all("(all) => all.forEach((it) => it.click())")
    return page


def mine(open_page: OpenPage, server: Server, ground: Ground) -> Page:
    page = receipt(open_page, server, ground)
    page.goto(f"{server.url}/w/mine")
    return page


def plain(path: str, *forgive: str) -> Reach:
    return lambda open_page, _server, _ground: open_page(path, forgive=forgive)


def staff(path: str) -> Reach:
    def reach(open_page: OpenPage, server: Server, _ground: Ground) -> Page:
        page = open_page("about:blank")
        sign_in(page, server, Role.ADMINISTRATOR)
        page.goto(server.url + path)
        return page

    return reach


def one_account(open_page: OpenPage, server: Server, _ground: Ground) -> Page:
    page = open_page("about:blank")
    sign_in(page, server, Role.ADMINISTRATOR)
    with server.database() as database:
        account = new_account(database, Role.SOCIAL_WORKER, Role.COUNCIL_MEMBER)
    page.goto(f"{server.url}/w/desk/accounts/{account}")
    return unfolded(page)


def my_account(open_page: OpenPage, server: Server, _ground: Ground) -> Page:
    page = open_page("about:blank")
    sign_in(page, server, Role.ADMINISTRATOR)
    page.goto(f"{server.url}/w/desk/me")
    unfolded(page).locator("form[action$='/tokens'] button").click()
    return unfolded(page)


def dossier(open_page: OpenPage, server: Server, ground: Ground) -> Page:
    """A proposal that waits, with a photo and words that are perhaps private."""
    text = f"{uuid4().hex[:8]} 请打13812345678找我"
    [public_id] = waiting(server, ground, text, photo=True)
    page = staff(f"/w/desk/queue/{public_id}?tab=new")(open_page, server, ground)
    return unfolded_alone(page)


def many_at_once(open_page: OpenPage, server: Server, ground: Ground) -> Page:
    address = "/w/desk/bulk?campaign=bike-parking&hotspots=1"
    return unfolded(staff(address)(open_page, server, ground))


def hotspot(open_page: OpenPage, server: Server, ground: Ground) -> Page:
    (first, *_others) = server.json("/api/campaigns/bike-parking/hotspots.geojson")["features"]
    name = first["properties"]["hotspot_id"]
    address = f"/w/desk/review/hotspot/{name}?campaign=bike-parking"
    page = staff(address)(open_page, server, ground)
    page.locator("#topic").wait_for()
    return unfolded(page)


def topic(open_page: OpenPage, server: Server, ground: Ground) -> Page:
    page = hotspot(open_page, server, ground)
    page.locator("form[action*='/topic?'] [name=title]").fill("地铁口停车")
    page.locator("form[action*='/topic?'] button").click()
    page.locator("#members").wait_for()
    return page


def unfolded_alone(page: Page) -> Page:
    """Open whatever is folded, but for what lies over the rest."""
    page.evaluate(
        "() => document.querySelectorAll('details:not(.lj-because)')"
        ".forEach((d) => { d.open = true; })"
    )
    return page


def unfolded(page: Page) -> Page:
    """Open whatever is folded."""
    page.evaluate("() => document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    return page


def audit(open_page: OpenPage, server: Server, ground: Ground) -> Page:
    return unfolded(staff("/w/desk/audit?kind=account")(open_page, server, ground))


TABS = ("held", "photos", "comments", "places", "duplicates", "mine", "all")
#: Pages that somebody does something on, whose words are those of one language.
WALKED: dict[str, Reach] = {
    "everything open": everything_open,
    "drawing": drawing,
    "pins opened": pins_opened,
    "proposal": proposal,
    "receipt": receipt,
    "mine": mine,
}
#: Of them the one that is looked at each time: the form with all that opens in it.
EACH_TIME = ("everything open",)
#: Pages that are there at once, in whatever language and window: those looked at each time.
OPENED: dict[str, Reach] = {
    "index": plain("/w/"),
    "lookup": plain("/w/r?code=nonsense", "/w/r"),
    "office": lambda *given: unfolded(staff("/w/desk/office")(*given)),
    "audit": audit,
    "dossier": dossier,
    "many at once": many_at_once,
    "draw": staff("/w/desk/campaigns/micro-park/draw"),
    "accounts": staff("/w/desk/accounts"),
}
#: Other such pages, for ``--everything``.
MORE: dict[str, Reach] = {
    "campaign": plain("/w/c/micro-park"),
    "sign in": plain("/w/desk/sign-in"),
    "one account": one_account,
    "assist": staff("/w/c/micro-park/assist"),
    "queue": staff("/w/desk/queue"),
    "hotspot": hotspot,
    "nothing there": plain("/w/p/nothing", "/w/p/nothing"),
    "placed by a card": plain("/w/c/bike-parking?at=116.3256,40.0372&place=清河"),
    "privacy": plain("/w/privacy"),
    "unknown": plain("/unknown", "/unknown"),
    "desk": staff("/w/desk"),
    "data": staff("/w/desk/data"),
    "my account": my_account,
    "new password": staff("/w/desk/password"),
    "new account": staff("/w/desk/accounts/new"),
    "nothing in the queue": staff("/w/desk/queue?tab=reported&age=30"),
    "templates": staff("/w/desk/templates"),
    "topic": topic,
} | {f"queue {tab}": staff(f"/w/desk/queue?tab={tab}") for tab in TABS}
PAGES = OPENED | MORE


class Look(NamedTuple):
    """How a page is looked at."""

    size: str
    scheme: str
    type: str


SIZES = {"phone": PHONE, "desk": DESK}
LOOKS = [Look(*one) for one in product(SIZES, ("light", "dark"), ("standard", "large"))]
LANGUAGES = ("zh_CN", "en")


def looks(name: str, names: Sequence[str], everything: bool = False) -> list[Look]:
    """Return in which looks a page is seen: which one differs from page to page."""
    return LOOKS if everything else [LOOKS[names.index(name) % len(LOOKS)]]


def language(name: str, names: Sequence[str]) -> str:
    """Return in which language a page is seen: over eight pages each meets every part of a look."""
    return LANGUAGES[(names.index(name) % len(LOOKS)).bit_count() % 2]


#: Parts of Streamlit's own choice box (a field and an arrow) in which every tap does the same, and
#: which together are 44 px high.
STREAMLIT = "[data-testid=stSelectbox]"


def looked_over(page: Page) -> list[str]:
    """Return all that is wrong with a page, by axe-core and for a finger, and how wide it is."""
    wide = [f"{over} px too wide"] if (over := overflow(page)) else []
    return violations(page) + too_small(page, STREAMLIT) + wide


def resized(page: Page, size: dict[str, int]) -> None:
    """Give the window another size, and wait until it is drawn anew."""
    page.set_viewport_size(size)  # type: ignore[arg-type]
    page.evaluate("() => new Promise((d) => requestAnimationFrame(() => requestAnimationFrame(d)))")


def looked_at(page: Page, wanted: Sequence[Look]) -> dict[str, list[str]]:
    """Return what is wrong with a page in each of these looks, and in a narrow window."""
    found = {}
    for look in wanted:
        page.emulate_media(color_scheme=look.scheme)  # type: ignore[arg-type]
        in_large_type(page, look.type == "large")
        resized(page, SIZES[look.size])
        found[" ".join(look)] = looked_over(page)
    in_large_type(page, True)
    return found | {"large and narrow": on_narrow_screens(page)}


def in_large_type(page: Page, wanted: bool) -> None:
    page.evaluate("(on) => document.documentElement.classList.toggle('lj-large', on)", wanted)


def on_narrow_screens(page: Page) -> list[str]:
    """Return what does not fit where the window is small; the type is the page's."""
    found = []
    for size in (PHONE, NARROW):
        resized(page, size)
        if over := overflow(page):
            found.append(f"{over} px too wide at {size['width']}")
        found += too_small(page, STREAMLIT)
    return found


def fail_for(found: dict[str, list[str]]) -> None:
    """Fail with all that is wrong, once each."""
    lines = {wrong: mode for mode, all_wrong in found.items() for wrong in all_wrong}
    if lines:
        pytest.fail("\n".join(f"{mode}: {wrong}" for wrong, mode in lines.items()), pytrace=False)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in EACH_TIME else pytest.mark.everything)
        for name in WALKED
    ],
)
def test_the_light_pages_are_for_everyone(
    open_page: OpenPage, server: Server, ground: Ground, everything: bool, name: str
) -> None:
    page = WALKED[name](open_page, server, ground)
    fail_for(looked_at(page, looks(name, list(WALKED), everything)))


@pytest.mark.parametrize(
    ("name", "lang"),
    [
        pytest.param(
            name,
            lang,
            marks=pytest.mark.everything
            if name in MORE or lang != language(name, list(PAGES))
            else [],
        )
        for name, lang in product(PAGES, LANGUAGES)
    ],
)
def test_pages_in_each_language_are_for_everyone(
    open_page: OpenPage, server: Server, ground: Ground, everything: bool, name: str, lang: str
) -> None:
    wanted = looks(name, list(PAGES), everything)
    opener = partial(open_page, lang=lang, size=SIZES[wanted[0].size])
    fail_for(looked_at(PAGES[name](opener, server, ground), wanted))


def test_all_pairs_of_looks_are_met() -> None:
    names = list(OPENED)
    met = {
        pair
        for name in names
        for look in looks(name, names)
        for pair in combinations((*look, language(name, names)), 2)
    }
    factors = [tuple(SIZES), ("light", "dark"), ("standard", "large"), LANGUAGES]
    assert met == {pair for two in combinations(factors, 2) for pair in product(*two)}
    assert set(looks(names[0], names, everything=True)) == set(LOOKS)


@pytest.mark.everything
@pytest.mark.parametrize(("scheme", "lang"), [("light", "zh_CN"), ("dark", "en")])
def test_the_full_map_is_for_everyone(
    open_page: OpenPage, ground: Ground, scheme: str, lang: str
) -> None:
    page = open_page("/?campaign=bike-parking&full=1", color_scheme=scheme, lang=lang)
    form = Form(page, lang)
    settled(page)
    form.place(*ground.near())
    found = {"as it is": looked_over(page)}
    found["narrow"] = on_narrow_screens(page)
    page.get_by_role("button", name=form.words("A+")).click()
    settled(page)
    found["large"] = looked_over(page)
    found["large and narrow"] = on_narrow_screens(page)
    fail_for(found)


#: Main targets that are lower than so many pixels.
_LOW_IN_LARGE_TYPE = """(least) => [...document.querySelectorAll(
    ".lj-top a, .lj-say button, .lj-say .lj-chip, .lj-say .lj-button, .lj-say [type=text]," +
    ".lj-say summary, .lj-links .lj-button, .lj-pages a, .lj-support button, .leaflet-bar a")]
  .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < least - 0.5)
  .map((one) => one.outerHTML.slice(0, 80))"""


@pytest.mark.everything
def test_large_type_is_kept_from_page_to_page(open_page: OpenPage, server: Server) -> None:
    page = open_page("/w/c/micro-park")
    size = "() => document.body && parseFloat(getComputedStyle(document.body).fontSize)"
    before = page.evaluate(size)
    page.get_by_role("link", name="大字").click()
    page.wait_for_function(f"(before) => ({size})() >= 1.3 * before", arg=before)
    page.wait_for_load_state()
    assert page.evaluate(_LOW_IN_LARGE_TYPE, 60) == []
    page.goto(f"{server.url}/w/r")
    assert page.evaluate(size) >= 1.3 * before
    page.goto(f"{server.url}/w/c/micro-park")
    page.get_by_role("navigation").first.get_by_role("link", name="标准").click()
    page.wait_for_function(f"(before) => ({size})() === before", arg=before)
    assert urlsplit(page.url).path == "/w/c/micro-park"


@pytest.mark.parametrize("lang", ["en", pytest.param("zh_CN", marks=pytest.mark.everything)])
def test_large_type_fits_every_page(
    open_page: OpenPage, server: Server, everything: bool, lang: str
) -> None:
    """In English, whose words are long, page after page as a person has chosen the type.

    Those that other journeys open each time, and the full map, are here only with
    ``--everything``.
    """
    page = open_page("about:blank", lang=lang, forgive=("/w/p/nothing",))
    sign_in(page, server, Role.ADMINISTRATOR)
    page.goto(f"{server.url}/w/?large=1")
    public = somebodys(server, "https://example.org/" + "a" * 120)
    paths = ["/w/c/bike-parking", f"/w/p/{public}", f"/w/desk/queue/{public}", "/w/desk/bulk"]
    paths += ["/w/desk/campaigns", "/w/desk/campaigns/new", "/w/desk/layers", "/w/desk/queue"]
    paths += ["/w/c/bike-parking/assist", "/w/desk/review/views?campaign=bike-parking"]
    (first, *_others) = server.json("/api/campaigns/bike-parking/hotspots.geojson")["features"]
    spot = f"campaign=bike-parking&hotspot={first['properties']['hotspot_id']}"
    paths += [f"/w/desk/packs/new?{spot}", "/w/mine"]
    paths += [f"/w/desk/review/hotspot/{first['properties']['hotspot_id']}?{spot}"]
    if everything:
        paths += ["/?campaign=micro-park&full=1", "/planner?campaign=micro-park"]
        paths += ["/believe?campaign=micro-park", "/change?campaign=micro-park&with_radius_m=200"]
        paths += ["/missing?campaign=micro-park"]
        paths += ["/w/", "/w/c/micro-park", "/w/r", "/w/p/nothing", "/w/desk"]
        paths += ["/w/desk/me", "/w/desk/password", "/w/desk/accounts"]
        paths += ["/w/desk/accounts/new", "/w/desk/templates", "/w/desk/audit"]
        paths += ["/w/desk/campaigns/micro-park/draw"]
        paths += [f"/w/desk/queue?tab={tab}" for tab in TABS]
    wide = {}
    for path in paths:
        page.goto(server.url + path)
        if not path.startswith("/w/"):
            settled(page)
        for size in (PHONE, NARROW):
            resized(page, size)
            wide[path, size["width"]] = overflow(page)
    assert {path: over for path, over in wide.items() if over} == {}


def test_the_checks_find_what_is_wrong(open_page: OpenPage) -> None:
    page = open_page("/w/r")
    page.route("**/w/none.png", lambda route: route.fulfill(body="", content_type="image/png"))
    worse = "<img src=/w/none.png><button>x</button>"
    page.get_by_role("main").evaluate(
        "(it, worse) => { it.innerHTML += worse; const frame = document.createElement('iframe');"
        "frame.srcdoc = worse; it.append(frame); }",
        worse,
    )
    page.frame_locator("iframe").locator("button").wait_for()
    found = violations(page)
    assert len([one for one in found if one.startswith("image-alt")]) == 2
    assert any(one.startswith("BUTTON") for one in too_small(page))
