"""The demonstration campaigns come to the numbers of the real ones, the same way every time."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from sklearn.cluster import DBSCAN

from data.campaigns import DEMO_CAMPAIGNS, OUTLINE, demo_proposals
from data.layers import read_layer
from data.questions import QUESTIONS
from submissions.campaigns.campaign_draft import NewCampaign, check_campaign
from submissions.campaigns.questionnaire import check_answers, public_keys

COLUMNS = [
    *["person", "longitude", "latitude", "placed_by", "accuracy_m"],
    *["category", "text", "relation", "created", "answers"],
]
SLUGS = ["bike-parking", "micro-park"]
#: Of the rows without words and answers, as they were before there were any answers.
DIGESTS = {"bike-parking": "fcec52e57463bd6f", "micro-park": "76abc26aa3275668"}


def _located(slug: str) -> gpd.GeoDataFrame:
    rows = demo_proposals(slug)
    points = gpd.points_from_xy(rows["longitude"], rows["latitude"])
    return gpd.GeoDataFrame(rows, geometry=points, crs="EPSG:4326")


@pytest.fixture(scope="module")
def frames() -> dict[str, gpd.GeoDataFrame]:
    return {slug: _located(slug) for slug in SLUGS}


def _inside(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame[frame.within(OUTLINE)]


def test_campaign_a_has_its_counts(frames: dict[str, gpd.GeoDataFrame]) -> None:
    valid = _inside(frames["bike-parking"])
    assert len(valid) == 1650
    assert valid["person"].nunique() == 1430
    assert valid["category"].value_counts().to_dict() == {"bike_parking": 947, "public_space": 703}
    assert set(valid["person"].value_counts()) == {1, 2, 3, 4, 5}


def test_twelve_more_lie_outside_by_people_of_their_own(
    frames: dict[str, gpd.GeoDataFrame],
) -> None:
    frame = frames["bike-parking"]
    outside = frame[~frame.intersects(OUTLINE)]
    assert len(outside) == 12
    assert len(frame) == 1662
    assert outside["person"].nunique() == 12
    assert not set(outside["person"]) & set(_inside(frame)["person"])
    edge = gpd.GeoSeries([OUTLINE], crs="EPSG:4326").to_crs("EPSG:4548").iloc[0]
    assert outside.to_crs("EPSG:4548").distance(edge).between(50, 3000).all()


def test_campaign_b_has_its_counts_and_neighbours(frames: dict[str, gpd.GeoDataFrame]) -> None:
    frame = frames["micro-park"]
    assert len(_inside(frame)) == len(frame) == 1285
    assert frame["person"].nunique() == 1264
    assert set(frame["category"]) == {"micro_park"}
    people = frame.drop_duplicates("person")
    for rows in (frame, people):
        share = rows["relation"].value_counts(normalize=True).mul(100).round()
        assert share["lives"] == 76
        assert share["works"] == 10


@pytest.mark.parametrize("slug", SLUGS)
def test_the_rows_are_the_same_every_time(slug: str) -> None:
    pd.testing.assert_frame_equal(demo_proposals(slug), demo_proposals(slug))


@pytest.mark.parametrize("slug", SLUGS)
def test_rows_are_well_formed(slug: str, frames: dict[str, gpd.GeoDataFrame]) -> None:
    rows = demo_proposals(slug)
    campaign = next(c for c in DEMO_CAMPAIGNS if c["slug"] == slug)
    assert list(rows.columns) == COLUMNS
    assert list(rows.index) == list(range(len(rows)))
    assert rows["person"].str.fullmatch(r"demo-[AB]-\d{4}").all()
    assert set(rows["relation"]) == {"lives", "works", "passes", "other"}
    assert rows.groupby("person")["relation"].nunique().eq(1).all()
    assert set(rows["placed_by"]) == {"tap", "device", "search"}
    device = rows["placed_by"] == "device"
    assert rows.loc[device, "accuracy_m"].between(5, 80).all()
    assert rows.loc[~device, "accuracy_m"].isna().all()
    assert rows["created"].is_monotonic_increasing
    assert str(rows["created"].dt.tz) == "UTC"
    assert rows["created"].min() >= campaign["opens_at"]
    assert rows["created"].max() - rows["created"].min() < pd.Timedelta(days=43)
    assert rows["text"].str.strip().str.len().between(1, campaign["max_text_length"]).all()


@pytest.mark.parametrize("slug", SLUGS)
def test_no_pin_lies_on_an_edge(slug: str, frames: dict[str, gpd.GeoDataFrame]) -> None:
    edges = gpd.GeoDataFrame.from_features(read_layer("communities"), crs="EPSG:4326")
    lines = shapely.union_all(edges.to_crs("EPSG:4548").boundary.to_numpy())
    assert _inside(frames[slug]).to_crs("EPSG:4548").distance(lines).min() > 0.3


def test_texts_are_varied_and_hold_what_residents_really_type(
    frames: dict[str, gpd.GeoDataFrame],
) -> None:
    for frame in frames.values():
        assert frame["text"].nunique() >= 1000
    texts = pd.concat(frames.values())["text"]
    for oddity in ("<b>", "<img src=x onerror=", "\n", "“", '"', "&", "🚲", "Please"):
        assert texts.str.contains(oddity, regex=False).any(), oddity
    assert (texts.str.len() > 100).sum() >= 5
    assert not texts.str.contains(r"[{}]").any()


def test_bike_proposals_speak_of_where_and_of_how_managed(
    frames: dict[str, gpd.GeoDataFrame],
) -> None:
    rows = frames["bike-parking"]
    texts = rows[rows["category"] == "bike_parking"]["text"]
    where = texts.str.contains("停放|停车|单车位|停单车|还车|堆|空地|往前|旁边")
    managed = texts.str.contains("管|整理|围栏|企业|调走|清理|志愿者|坏车|信用分|乱停|牌|整治|投放")
    assert where.mean() > 0.5
    assert managed.mean() > 0.4
    assert (where | managed).mean() > 0.85


def test_one_address_carries_many_pins_and_some_pins_coincide(
    frames: dict[str, gpd.GeoDataFrame],
) -> None:
    rows = frames["bike-parking"]
    shared = rows.groupby(["longitude", "latitude"])["placed_by"].agg(["size", "first"])
    top = shared.sort_values("size").iloc[-1]
    assert 30 <= top["size"] <= 45
    assert top["first"] == "search"
    assert (shared["size"] > 1).sum() >= 30


@pytest.mark.parametrize("slug", SLUGS)
def test_pins_gather_in_places_not_in_one_blob(
    slug: str, frames: dict[str, gpd.GeoDataFrame]
) -> None:
    points = _inside(frames[slug]).to_crs("EPSG:4548").geometry
    xy = np.column_stack([points.x, points.y])
    labels = DBSCAN(eps=50, min_samples=5).fit_predict(xy)
    sizes = pd.Series(labels[labels >= 0]).value_counts()
    assert 25 <= len(sizes) <= 60
    assert sizes.iloc[0] < 0.1 * len(xy)


def test_evenings_and_the_launch_are_busy(frames: dict[str, gpd.GeoDataFrame]) -> None:
    for frame in frames.values():
        local = frame["created"].dt.tz_convert("Asia/Shanghai")
        by_day = local.dt.date.value_counts().sort_index()
        assert by_day.iloc[0] > 3 * by_day.median()
        assert local.dt.hour.between(18, 22).mean() > 0.35
        assert local.dt.hour.between(1, 5).mean() < 0.05


def _contrast_with_white(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 1.05 / (0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05)


def test_campaigns_are_complete_in_both_languages_and_open_today() -> None:
    assert [campaign["slug"] for campaign in DEMO_CAMPAIGNS] == SLUGS
    for campaign in DEMO_CAMPAIGNS:
        assert campaign["area"].equals(OUTLINE)
        assert campaign["opens_at"] < datetime.now(UTC) < campaign["closes_at"]
        for language in ("zh_CN", "en"):
            assert set(campaign["texts"][language]) == {"title", "question", "intro", "prize"}
            assert all(campaign["texts"][language].values())
        assert all(text.isascii() for text in campaign["texts"]["en"].values())
        for category in campaign["categories"]:
            assert set(category["name"]) == {"zh_CN", "en"}
            assert category["icon"]
            assert re.fullmatch("#[0-9A-F]{6}", category["color"])
            assert _contrast_with_white(category["color"]) >= 4.5
        used = set(demo_proposals(campaign["slug"])["category"])
        assert used == {category["key"] for category in campaign["categories"]}


def _ticked(answers: pd.Series, key: str) -> Counter[str]:
    return Counter(option for given in answers for option in given.get(key, []))


@pytest.mark.parametrize("campaign", DEMO_CAMPAIGNS, ids=SLUGS)
def test_every_answer_is_one_the_campaign_takes_as_it_stands(campaign: dict[str, Any]) -> None:
    check_campaign(NewCampaign(**campaign))
    questions = QUESTIONS[campaign["slug"]]
    rows = demo_proposals(campaign["slug"])
    for answers, category in zip(rows["answers"], rows["category"], strict=True):
        assert list(check_answers(questions, answers, category).items()) == list(answers.items())
    asked = {question["key"] for question in questions}
    assert asked == {key for answers in rows["answers"] for key in answers}
    assert asked - public_keys(questions) == {"age"}
    ages = rows.assign(age=[answers.get("age") for answers in rows["answers"]])
    assert ages.groupby("person")["age"].nunique(dropna=False).max() == 1
    assert 0.6 < ages["age"].notna().mean() < 0.8


def test_answers_say_what_the_words_say(frames: dict[str, gpd.GeoDataFrame]) -> None:
    said = [
        *[
            ("micro-park", "uses", "play", "滑梯|秋千|沙坑|儿童游乐"),
            ("micro-park", "uses", "seats", "椅"),
        ],
        *[("micro-park", "uses", "bike_parking", "单车|自行车")],
        *[("micro-park", "uses", "shelter", "避雨"), ("micro-park", "who_for", "disabled", "轮椅")],
        *[
            ("bike-parking", "about", "position", "停放区"),
            ("bike-parking", "manager", "company", "企业"),
        ],
    ]
    for slug, question, option, pattern in said:
        rows = frames[slug][frames[slug]["category"] != "public_space"]
        told = rows[rows["text"].str.contains(pattern)]["answers"]
        assert len(told) > 20
        assert all(option in answers.get(question, []) for answers in told), option
    numbers = frames["bike-parking"].loc[
        lambda rows: rows["text"].str.contains("三百辆"), "answers"
    ]
    assert {answers["bikes"] for answers in numbers} == {300}


def test_most_wanted_are_play_then_bike_parking_then_outdoor_facilities(
    frames: dict[str, gpd.GeoDataFrame],
) -> None:
    wanted = _ticked(frames["micro-park"]["answers"], "uses")
    outdoor = {wanted.pop(key) for key in ("seats", "fitness", "shelter")}
    assert wanted.pop("play") > wanted["bike_parking"] > max(outdoor)
    del wanted["bike_parking"]
    assert min(outdoor) > max(wanted.values())
    bothers = _ticked(frames["bike-parking"]["answers"], "bothers")
    assert {"pavement", "entrance", "tactile"} <= set(bothers)


def test_answers_changed_nothing_else(frames: dict[str, gpd.GeoDataFrame]) -> None:
    """The draws are those of the first version: words are drawn between places and times."""
    drawn = [column for column in COLUMNS if column not in ("text", "answers")]
    digests = {
        slug: hashlib.sha256(pd.DataFrame(frame)[drawn].to_csv(index=False).encode()).hexdigest()[
            :16
        ]
        for slug, frame in frames.items()
    }
    assert digests == DIGESTS
