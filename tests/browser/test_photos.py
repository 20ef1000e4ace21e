"""A photo goes along: sent at once, its place offered, bare of its past, read before it is seen."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from PIL import ExifTags, Image
from playwright.sync_api import Locator, Page, Route, expect

from people.access.actor import OPERATOR
from submissions.participation.photos import change_photo_status
from submissions.proposals.states import PhotoStatus
from tests.browser.residents import Form, Ground, Place, filed, public_id
from tests.browser.walking import OpenPage, Server


def camera(place: Place, colour: str = "green") -> dict[str, Any]:
    """Return a photo as a phone takes it: lying on its side, with the place it was taken at."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Make] = "Telephone"
    gps = {"GPSLatitudeRef": "N", "GPSLatitude": (place[1], 0, 0)}
    gps |= {"GPSLongitudeRef": "E", "GPSLongitude": (place[0], 0, 0)}
    named = {ExifTags.GPS[tag].value: value for tag, value in gps.items()}
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(named)
    content = BytesIO()
    Image.new("RGB", (640, 480), colour).save(content, "JPEG", exif=exif)
    return {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": content.getvalue()}


def add(form: Form, *photos: dict[str, Any]) -> None:
    form.box.locator("input[name=photo]").set_input_files(list(photos))


def pictures(form: Form) -> Locator:
    return form.box.locator(".lj-pictures li[data-photo] img")


def seen(page: Page, address: str) -> Image.Image:
    """Fetch a photo as this device sees it."""
    answer = page.request.get(address)
    assert answer.ok
    return Image.open(BytesIO(answer.body()))


def test_a_photo_from_the_phone_to_the_neighbours(
    open_either: OpenPage, either: Server, ground: Ground
) -> None:
    place = ground.quiet()
    page = open_either("/w/c/bike-parking")
    form, held = Form(page), list[Route]()
    page.route("**/api/photos?*", lambda route: held.append(route))
    add(form, camera(place))
    bar = form.box.locator(".lj-pictures progress")
    expect(bar).to_be_visible()
    expect(bar).to_have_attribute("aria-label", form.words("The photo is being sent …"))
    page.wait_for_timeout(50)
    held.pop().continue_()
    page.unroute("**/api/photos?*")
    expect(pictures(form)).to_have_count(1)
    expect(bar).to_have_count(0)

    offered = form.box.locator(".lj-photos .lj-note")
    expect(offered).to_contain_text(form.words("The photo knows where it was taken."))
    form.button("Put the pin there").click()
    expect(offered).to_have_count(0)
    expect(form.pin).to_be_visible()
    expect(form.told.locator("p").first).to_be_visible()
    assert abs(form.where()[0] - place[0]) < 1e-5
    assert abs(form.where()[1] - place[1]) < 1e-5

    add(form, camera((100.0, 20.0), "red"))
    expect(pictures(form)).to_have_count(2)
    form.box.get_by_role("button", name=f"{form.words('Remove')} ").first.click()
    expect(pictures(form)).to_have_count(1)
    form.box.locator(".lj-pictures button").click()
    expect(pictures(form)).to_have_count(0)
    add(form, camera(place, "blue"))
    expect(pictures(form)).to_have_count(1)

    text = "照片里这块空地可以停车"
    form.say(text)
    form.send()
    gallery = page.locator(".lj-gallery li")
    expect(gallery).to_have_count(1)
    expect(gallery).to_contain_text(form.words("Not shown to others yet"))
    full = gallery.locator("a").get_attribute("href") or ""
    (saved,) = filed(either, "bike-parking", text)
    assert saved["geometry"]["coordinates"] == pytest.approx(place, abs=2e-6)

    address, name = f"/w/p/{public_id(page)}", full.split("/")[3]
    other = open_either(address)
    expect(other.locator(".lj-text")).to_have_text(text)
    expect(other.locator(".lj-gallery")).to_have_count(0)
    assert other.request.get(either.url + full).status == 404
    with either.database() as database:
        database.write(
            lambda session: change_photo_status(
                session, OPERATOR, name, PhotoStatus.PUBLISHED, reason="ok", now=datetime.now(UTC)
            )
        )
    other.reload()
    thumbnail = other.locator(".lj-gallery img")
    expect(thumbnail).to_be_visible()
    assert thumbnail.evaluate("(it) => it.complete && it.naturalHeight > it.naturalWidth")
    for kind in ("full", "thumbnail"):
        picture = seen(other, f"{either.url}/api/photos/{name}/{kind}.jpg")
        assert not picture.getexif()
        assert picture.height > picture.width
        red, green, blue = picture.convert("RGB").getpixel((10, 10))  # type: ignore[misc]
        assert blue > 200 > red + green


def test_what_is_no_photo_and_one_too_many_are_told(open_page: OpenPage, ground: Ground) -> None:
    page = open_page("/w/c/bike-parking", forgive=("/api/photos",))
    form, place = Form(page), ground.quiet()
    add(form, {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"no photo"})
    problem = form.problem("photo")
    expect(problem).to_contain_text("JPEG")
    assert problem.get_attribute("role") == "alert"
    add(form, *[camera(place, colour) for colour in ("red", "green", "blue", "white")])
    expect(problem).to_have_text(form.words("At most {n} photos, please.").format(n=3))
    expect(pictures(form)).to_have_count(3)


@pytest.mark.parametrize(
    "lost",
    [
        pytest.param(True, id="line lost"),
        pytest.param(False, id="no photo", marks=pytest.mark.everything),
    ],
)
def test_a_photo_that_fails_after_send_was_pressed_is_asked_about(
    open_page: OpenPage, server: Server, ground: Ground, lost: bool
) -> None:
    page = open_page("/w/c/bike-parking", forgive=("/api/photos",))
    form, held, text = Form(page), list[Route](), f"照片没传上来 {lost}"
    form.place(*ground.quiet())
    form.say(text)
    page.route("**/api/photos?*", lambda route: held.append(route))
    bad = {"name": "broken.jpg", "mimeType": "image/jpeg", "buffer": b"no photo"}
    add(form, camera((100.0, 20.0)), camera((100.0, 20.0), "red") if lost else bad)
    form.button("Send my proposal").click()
    expect(form.box.locator(".lj-progress")).to_be_visible()
    page.wait_for_timeout(50)
    name = "IMG_1.jpg" if lost else "broken.jpg"
    held[0].continue_()
    expect(pictures(form)).to_have_count(1)
    held[1].abort() if lost else held[1].continue_()
    problem = form.problem("photo")
    said = form.words(
        "Your proposal has not been sent yet, because these photos did not arrive: {names}."
    )
    expect(problem).to_contain_text(said.format(names=name))
    expect(form.button("Send my proposal")).to_be_enabled()
    form.button("Send my proposal").click()
    expect(problem).to_contain_text(said.format(names=name))
    assert filed(server, "bike-parking", text) == []
    page.unroute("**/api/photos?*")
    again, without = form.words("Try again"), form.words("Send without them")
    problem.get_by_role("button", name=again if lost else without).click()
    form.receipt()
    expect(page.locator(".lj-gallery img")).to_have_count(2 if lost else 1)
    assert len(filed(server, "bike-parking", text)) == 1


@pytest.mark.everything
def test_a_photo_that_had_not_arrived_is_named_after_a_reload(
    open_page: OpenPage, ground: Ground
) -> None:
    page = open_page("/w/c/bike-parking", forgive=("/api/photos",))
    form, held = Form(page), list[Route]()
    page.route("**/api/photos?*", lambda route: held.append(route))
    form.text.fill("照片还在路上")
    add(form, camera((100.0, 20.0)))
    expect(form.box.locator(".lj-pictures progress")).to_be_visible()
    page.reload()
    form = Form(page)
    expect(form.text).to_have_value("照片还在路上")
    expect(form.problem("photo")).to_contain_text("IMG_1.jpg")


@pytest.mark.everything
def test_a_photo_still_on_its_way_is_waited_for(
    open_page: OpenPage, server: Server, ground: Ground
) -> None:
    page = open_page("/w/c/bike-parking")
    form, held = Form(page), list[Route]()
    form.place(*ground.quiet())
    text = "边发照片边提交"
    form.say(text)
    page.route("**/api/photos?*", lambda route: held.append(route))
    add(form, camera((100.0, 20.0)))
    form.button("Send my proposal").click()
    expect(form.box.locator(".lj-progress")).to_have_text(form.words("The photo is being sent …"))
    assert filed(server, "bike-parking", text) == []
    held.pop().continue_()
    form.receipt()
    expect(page.locator(".lj-gallery img")).to_have_count(1)
