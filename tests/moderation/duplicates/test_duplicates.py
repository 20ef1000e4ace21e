"""Possible duplicates: by place, words and photos, weighed in figures, remembered when not."""

from __future__ import annotations

import math
import random
import time
from io import BytesIO
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageEnhance
from pyproj import Transformer
from sqlalchemy import event, select, update

from analysis.nearby import CANDIDATES, RADIUS_M, text_likenesses
from core.database import Database
from core.errors import InvalidError, NotAllowedError, NotFoundError
from data.campaigns import demo_proposals
from moderation.duplicates import duplicate_groups as duplicate_groups_module
from moderation.duplicates.duplicate_groups import MOST_GROUP, duplicate_groups, scan_campaign
from moderation.duplicates.duplicates import dismiss_duplicate, duplicates_of
from moderation.duplicates.similarity import MOST_BITS, alike_photos, alike_texts
from people.access.actor import OPERATOR, Actor, Grant, Reach, Role
from submissions.participation.models import Photo
from submissions.participation.supports import support_proposal
from submissions.photos.perceptual_hash import bits_apart, photo_hash, says_something
from submissions.proposals.merged_family import family_ids
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView
from tests.conftest import NOW
from tests.submissions.acting import act, file, moderate

#: At 40.03 degrees north a ten-thousandth of a degree of latitude is 11.1 m.
STEP = 1e-4
ALIKE = 0.42
FULL = "五彩城南门的单车太多,把盲道都占了,请往旁边挪"
SAME = "五彩城南门单车把盲道都占了,能不能往旁边挪二十米"
LAMP = "五彩城南门路灯坏了两个月,晚上太黑,老人不敢出门"


def at(database: Database, campaign: CampaignView, text: str, steps: float, who: str = "a",
       **more: Any) -> str:  # fmt: skip
    return file(
        database, campaign, Actor(who), text=text, latitude=40.03 + steps * STEP, **more
    ).public_id


def found(database: Database, name: str, actor: Actor = OPERATOR) -> list[Any]:
    with database.reading() as session:
        return duplicates_of(session, actor, name)


def test_words_place_and_who_in_figures(database: Database, campaign: CampaignView) -> None:
    one = at(database, campaign, FULL, 0)
    same = at(database, campaign, SAME, 4, "b", category="public_space")
    at(database, campaign, LAMP, 1, "c")
    at(database, campaign, FULL, 10, "c")  # 111 m away
    waiting = at(database, campaign, FULL, 1, "a")  # held, as the same device says it again
    hidden = at(database, campaign, FULL, 2, "d")
    moderate(database, hidden, "hidden")

    told = {each.view.public_id: each.reasons for each in found(database, one)}
    assert list(told) == [waiting, same]
    metres = math.dist(*(Transformer.from_crs(4326, 4548, always_xy=True).transform(x, y)
                         for x, y in ((116.31, 40.03), (116.31, 40.03 + 4 * STEP))))  # fmt: skip
    assert told[same].distance_m == round(metres, 1) == 44.4
    # The words are weighed among all nearby that are open.
    text = text_likenesses(FULL, [LAMP, FULL, SAME])[2]
    assert told[same].text == round(text, 3)
    sure = 0.75 * text + 0.25 * (1 - metres / 200)
    assert told[same].sure == pytest.approx(sure, abs=1e-3)
    assert (told[same].same_device, told[same].same_category) == (False, False)
    assert (told[waiting].same_device, told[waiting].text) == (True, 1.0)
    assert found(database, hidden) == []


def test_what_was_found_to_be_different_is_remembered(
    database: Database, campaign: CampaignView
) -> None:
    one, same = at(database, campaign, FULL, 0), at(database, campaign, SAME, 1, "b")
    third = at(database, campaign, SAME, 2, "c")
    act(database, dismiss_duplicate, OPERATOR, same, one)
    act(database, dismiss_duplicate, OPERATOR, one, same)
    assert [each.view.public_id for each in found(database, one)] == [third]
    assert [each.view.public_id for each in found(database, same)] == [third]
    page = duplicate_groups(database, OPERATOR, campaign)
    pairs = {(pair.first, pair.second) for group in page.items for pair in group.pairs}
    assert pairs == {(one, third), (same, third)}
    with pytest.raises(InvalidError):
        act(database, dismiss_duplicate, OPERATOR, one, one)
    with pytest.raises(NotFoundError):
        act(database, dismiss_duplicate, OPERATOR, one, "nowhere2")


def test_only_within_reach(database: Database, campaign: CampaignView) -> None:
    west = at(database, campaign, FULL, 0, longitude=116.31999)
    east = at(database, campaign, FULL, 0, "b", longitude=116.32001)
    assert [each.view.public_id for each in found(database, west)] == [east]
    local = Grant(Role.SOCIAL_WORKER, Reach.COMMUNITY, "110108017001", "2020")
    here = Actor("x", frozenset({local}))
    assert found(database, west, here) == []
    assert duplicate_groups(database, here, campaign).total == 0
    for role in set(Role) - {Role.SOCIAL_WORKER, Role.SUBDISTRICT_OFFICER, Role.ADMINISTRATOR}:
        nobody = Actor("x", frozenset({Grant(role)}))
        with pytest.raises(NotAllowedError):
            found(database, west, nobody)
        with pytest.raises(NotAllowedError):
            duplicate_groups(database, nobody, campaign)
        with pytest.raises(NotAllowedError):
            act(database, dismiss_duplicate, nobody, west, east)
    with pytest.raises(NotAllowedError):
        found(database, east, here)
    with pytest.raises(NotAllowedError):
        act(database, dismiss_duplicate, here, west, east)


def test_groups_hang_together_and_suggest_one(database: Database, campaign: CampaignView) -> None:
    names = [at(database, campaign, FULL, step, f"g{step}") for step in range(3)]
    act(database, support_proposal, Actor("s"), names[1])
    apart = [at(database, campaign, LAMP, 50 + step, f"h{step}") for step in range(2)]
    for name in apart:
        moderate(database, name, "held")
    page = duplicate_groups(database, OPERATOR, campaign, size=1)
    assert (page.total, page.pages, page.number) == (2, 2, 1)
    last = duplicate_groups(database, OPERATOR, campaign, page=9, size=1)
    groups = [*page.items, *last.items]
    assert [sorted(view.public_id for view in group.views) for group in groups] == [
        sorted(names),
        sorted(apart),
    ]
    assert [group.keep for group in groups] == [names[1], None]
    assert len(groups[0].pairs) == 3
    moderate(database, names[0], "hidden")  # since the pairs were found
    page = duplicate_groups(database, OPERATOR, campaign)
    assert sorted(len(group.views) for group in page.items) == [2, 2]


def test_a_scan_finds_what_each_one_finds(database: Database, campaign: CampaignView) -> None:
    texts = [FULL, SAME, LAMP, "希望放几把椅子", "希望多放几把椅子", "路太窄了", FULL]
    chance = random.Random(7)
    names = [
        at(database, campaign, text, chance.uniform(0, 12), f"p{n}", longitude=116.31 + n * 1e-5)
        for n, text in enumerate(texts)
    ]
    with database.reading() as session:
        ids = dict(session.execute(select(Proposal.id, Proposal.public_id)).all())
        single = {
            (name, each.view.public_id): each.reasons
            for name in names
            for each in duplicates_of(session, OPERATOR, name, most=99)
        }
    scan = scan_campaign(database, campaign)
    pairs = {(ids[one], ids[other]): why for one, other, why in scan.pairs}
    expected = {pair for pair in combinations(names, 2) if pair in single or pair[::-1] in single}
    assert set(pairs) == expected
    assert expected
    for pair, why in pairs.items():
        both = [single[each] for each in (pair, pair[::-1]) if each in single]
        assert why.sure == max(each.sure for each in both)
    assert scan.proposals == len(texts)


def test_the_likeness_is_that_of_those_who_write_beside_others() -> None:
    """The arrays give to the last digit what the plain formula gives, for every neighbour."""
    rows = demo_proposals("bike-parking")
    texts = list(rows["text"])[:400]
    places = np.column_stack(
        Transformer.from_crs(4326, 4548, always_xy=True).transform(
            rows["longitude"][:400], rows["latitude"][:400]
        )
    )
    pairs, compared = alike_texts(places, texts, least=ALIKE)
    expected, _compared = compared_one_by_one(places, texts)
    found_pairs = {
        (int(one), int(other)): float(value) for one, other, value in zip(*pairs, strict=True)
    }
    assert found_pairs.keys() == expected.keys()
    assert len(expected) > 20
    assert all(math.isclose(found_pairs[pair], expected[pair]) for pair in expected)
    assert compared <= CANDIDATES * len(texts)


def compared_one_by_one(places: Any, texts: list[str]) -> tuple[dict[tuple[int, int], float], int]:
    """Return the alike pairs by the definition: each row with its nearest, and how many that is."""
    found: dict[tuple[int, int], float] = {}
    compared = 0
    for row in range(len(texts)):
        away = np.hypot(*(places - places[row]).T)
        near = [int(n) for n in np.argsort(away, kind="stable") if n != row]
        near = [n for n in near if away[n] <= RADIUS_M][:CANDIDATES]
        compared += len(near)
        told = text_likenesses(texts[row], [texts[n] for n in near])
        for other, text in zip(near, told, strict=True):
            if text >= ALIKE:
                pair = (min(row, other), max(row, other))
                found[pair] = max(found.get(pair, 0.0), text)
    return found, compared


@pytest.mark.parametrize(
    ("copies", "grid_m"),
    [
        pytest.param(copies, grid_m, marks=[] if place % 3 == at else pytest.mark.everything)
        for at, copies in enumerate((0, 1, 60))
        for place, grid_m in enumerate((0.001, 20.0, 50.0, 100.0))
    ],
)
def test_many_on_one_spot_are_compared_as_one_by_one(copies: int, grid_m: float) -> None:
    """Also where very many are equally far, and where the radius ends."""
    rng = random.Random(copies)
    texts = ["".join(rng.sample([FULL, SAME, LAMP, "!!", ""], rng.randint(0, 3)))[:40]
             for _ in range(160)]  # fmt: skip
    steps = np.array([[rng.randrange(6), rng.randrange(6)] for _ in texts])
    places = np.array([440_000.0, 4_430_000.0]) + steps * grid_m
    rows = list(range(0, 2 * copies, 2))
    places[rows] = places[0]
    for row in rows[: copies // 2]:
        texts[row] = FULL
    pairs, compared = alike_texts(places, texts, least=ALIKE)
    expected, expected_compared = compared_one_by_one(places, texts)
    found_pairs = list(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))
    assert found_pairs == sorted(expected)
    assert pairs.value.tolist() == pytest.approx([expected[pair] for pair in found_pairs])
    assert compared == expected_compared


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_to_compare(count: int) -> None:
    pairs, compared = alike_texts(np.zeros((count, 2)), [FULL] * count, least=ALIKE)
    assert (len(pairs.first), compared) == (0, 0)


@given(st.lists(st.integers(0, 2**64 - 1), max_size=30), st.data())
def test_photos_are_paired_as_by_comparing_all(values: list[int], data: st.DataObject) -> None:
    for value in list(values)[:8]:  # some that are near to others
        flips = data.draw(st.sets(st.integers(0, 63), max_size=MOST_BITS + 2))
        values.append(value ^ sum(1 << bit for bit in flips))
    hashes = np.array(values, np.uint64)
    pairs = alike_photos(hashes)
    expected = {
        (one, other): (values[one] ^ values[other]).bit_count()
        for one, other in combinations(range(len(values)), 2)
        if (values[one] ^ values[other]).bit_count() <= MOST_BITS
    }
    assert {(int(a), int(b)): int(bits) for a, b, bits in zip(*pairs, strict=True)} == expected


def drawn(seed: int, size: tuple[int, int] = (640, 480)) -> Image.Image:
    chance = random.Random(seed)
    image = Image.new("RGB", size, (90, 120, 160))
    pen = ImageDraw.Draw(image)
    for _ in range(14):
        x, y = chance.uniform(0, size[0]), chance.uniform(0, size[1])
        wide, high = chance.uniform(30, 240), chance.uniform(30, 200)
        colour = tuple(chance.choices(range(256), k=3))
        pen.ellipse((x - wide, y - high, x + wide, y + high), fill=colour)
    return image


def again(image: Image.Image, quality: int, size: tuple[int, int]) -> Image.Image:
    file = BytesIO()
    image.resize(size).save(file, "JPEG", quality=quality)
    return Image.open(BytesIO(file.getvalue()))


def test_a_photo_sent_again_is_known_and_another_is_not() -> None:
    images = [drawn(seed) for seed in range(12)]
    hashes = [photo_hash(image) for image in images]
    assert all(says_something(value) for value in hashes)
    for image, value in zip(images, hashes, strict=True):
        for sent in (
            again(image, 40, (320, 240)),
            again(image, 85, (1024, 768)),
            ImageEnhance.Brightness(image).enhance(1.15),
            ImageEnhance.Contrast(image).enhance(0.8),
        ):
            assert bits_apart(value, photo_hash(sent)) <= MOST_BITS
    apart = [bits_apart(one, other) for one, other in combinations(hashes, 2)]
    assert min(apart) > 2 * MOST_BITS
    assert 26 < float(np.mean(apart)) < 38
    assert not says_something(photo_hash(Image.new("RGB", (9, 9), "gray")))


def test_the_same_photo_speaks_for_it(database: Database, campaign: CampaignView) -> None:
    one = at(database, campaign, FULL, 0)
    near, far = at(database, campaign, LAMP, 20, "b"), at(database, campaign, LAMP, 60, "c")
    value = photo_hash(drawn(1))
    flipped = f"{int(value, 16) ^ 0b11:016x}"

    def store(session: Any) -> None:
        ids = {row.public_id: row.id for row in session.scalars(select(Proposal))}
        for name, phash, status in (
            (one, value, "waiting"),
            (near, flipped, "published"),
            (far, value, "published"),
            (near, value, "hidden"),
        ):
            session.add(
                Photo(name=f"{name}{status}", proposal_id=ids[name], owner_key="k", status=status,
                      width=9, height=9, size=9, digest="d", created=NOW, phash=phash)
            )  # fmt: skip

    database.write(store)
    (only,) = found(database, one)
    assert only.view.public_id == near
    assert (only.reasons.photo_bits, only.reasons.alike) == (2, False)
    assert only.reasons.sure == round(1 - 2 / 14, 3)
    pairs = scan_campaign(database, campaign).pairs
    assert [(why.photo_bits, why.sure) for _, _, why in pairs] == [(2, only.reasons.sure)]
    database.write(lambda s: s.execute(update(Photo).values(phash="0" * 16)) and None)
    assert found(database, one) == []  # one grey is like every other


def test_a_group_does_not_lead_through_half_a_campaign(
    database: Database, campaign: CampaignView
) -> None:
    for number in range(MOST_GROUP + 6):
        at(database, campaign, FULL, number * 0.1, f"m{number}")
    page = duplicate_groups(database, OPERATOR, campaign)
    assert max(len(group.views) for group in page.items) <= MOST_GROUP
    assert sum(len(group.views) for group in page.items) >= MOST_GROUP


def test_what_lies_around_is_found_in_the_index(database: Database, campaign: CampaignView) -> None:
    name = at(database, campaign, FULL, 0)
    statements: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, sql: str, given: Any, *_more: Any) -> None:
        statements.append((sql, given))

    with database.reading() as session:
        event.listen(session.get_bind(), "before_cursor_execute", note)
        duplicates_of(session, OPERATOR, name)
        family_ids(session, 1)
        event.remove(session.get_bind(), "before_cursor_execute", note)
        around = next(each for each in statements if "BETWEEN" in each[0])
        family = statements[-1]
        postgres = session.get_bind().dialect.name == "postgresql"
        connection = session.connection()
        if postgres:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            # Of a table that was analysed while it was empty, reading all of it in the order of its
            # key costs as much: in bitmaps an index can only be read by what is asked for.
            connection.exec_driver_sql("SET LOCAL enable_indexscan = off")
        words = "EXPLAIN " if postgres else "EXPLAIN QUERY PLAN "
        plans = [
            str(connection.exec_driver_sql(words + sql, given).all())
            for sql, given in (around, family)
        ]
    assert "Seq Scan" not in "".join(plans)
    assert postgres or "ix_proposal_place" in plans[0]
    assert "ix_proposal_merged_into" in plans[1]


def test_a_large_campaign_is_compared_beside_who_waits(
    database: Database, campaign: CampaignView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duplicate_groups_module, "MOST_AT_ONCE", 1)
    for step in range(2):
        at(database, campaign, FULL, step, f"b{step}")
    page = duplicate_groups(database, OPERATOR, campaign)
    assert page is None
    deadline = time.monotonic() + 30
    while page is None and time.monotonic() < deadline:
        time.sleep(0.05)
        page = duplicate_groups(database, OPERATOR, campaign)
    assert page is not None
    assert page.total == 1
