"""How layers are drawn: made from choices, kept, told to those who may know, and no others."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import select

from core.database import Database
from core.errors import InvalidError, NotAllowedError, WrongStateError
from geo.class_breaks import METHODS, breaks_by
from geo.writing.styling import LayerStyle, to_qml
from layers.basemap import ground
from layers.effective import standing
from layers.manage import edit_layer, style_layer, version_of
from layers.models import UploadedLayer
from layers.queries import layer_seen
from layers.styles import (
    CATEGORY_COLOURS,
    RAMPS,
    StyleChoices,
    made_style,
    ramp_colours,
    style_for,
    style_of,
)
from layers.visibility import Shown
from people.access.actor import OPERATOR, Actor
from people.audit.models import AuditEntry
from printing.svg_map import MapFrame, ground_svg
from submissions.proposals.queries import CampaignView
from tests.conftest import NOW
from tests.layers.sending import kept, texts

ROWS: list[dict[str, Any]] = [{"n": n, "kind": "abca"[n % 4], "t": "x"} for n in range(40)]
COLUMNS = ("n", "kind", "t")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "values", [[0, 1, 2, 3, 50, 51, 99], [5, 5, 5], [-3.5, 0, 2], range(5_000)]
)
def test_classes_hold_all_values_and_rise(method: str, values: Any) -> None:
    numbers = pd.Series(values, dtype=float)
    breaks = breaks_by(numbers, 4, method)

    assert breaks == sorted(set(breaks))
    assert len(breaks) <= 4
    assert breaks[-1] == numbers.max()


def test_quantiles_hold_equally_many_and_equal_ones_are_equally_wide() -> None:
    numbers = pd.Series([*range(100), np.nan])
    assert breaks_by(numbers, 4, "quantiles") == [24, 49, 74, 99]
    assert breaks_by(pd.Series([0.0, 1, 100]), 4, "equal") == [25, 50, 75, 100]
    assert breaks_by(pd.Series([1.0, 2, 3, 90, 91]), 2, "natural") == [3, 91]


def test_a_style_colours_by_what_stands_in_a_column() -> None:
    style = made_style(StyleChoices("categories", field="kind", label="t"), COLUMNS, ROWS)
    assert [one.value for one in style.entries] == ["a", "b", "c"]
    assert style.colour_of("a") == CATEGORY_COLOURS[0]
    many = [{"kind": str(n)} for n in range(99)]
    style = made_style(StyleChoices("categories", field="kind"), COLUMNS, many)
    assert len(style.entries) == len(CATEGORY_COLOURS)
    assert style.colour_of("98") not in CATEGORY_COLOURS
    classes = made_style(
        StyleChoices("classes", field="n", classes=4, method="equal"), COLUMNS, ROWS
    )
    assert [classes.colour_of(n) for n in (0, 39)] == [RAMPS["ylgnbu"][0], RAMPS["ylgnbu"][-1]]
    assert LayerStyle.from_json(json.loads(json.dumps(classes.to_json()))) == classes
    assert to_qml(classes, "area").count("<range ") == 4


@pytest.mark.parametrize(
    "odd",
    [
        {"kind": "classes", "field": "t"},
        {"kind": "classes", "field": "no"},
        {"kind": "categories", "field": ""},
        {"kind": "classes", "field": "n", "classes": 99},
        {"kind": "magic"},
        {"ramp": "<b>"},
        {"method": "guess"},
        {"label": "no"},
        {"colour": "red"},
        {"stroke": "url(#x)"},
    ],
)
def test_what_cannot_be_drawn_is_refused(odd: dict[str, Any]) -> None:
    with pytest.raises(InvalidError):
        made_style(replace(StyleChoices(), **odd), COLUMNS, ROWS)


def _seen_by_deuteranopes(colour: str) -> Any:
    """Return a colour as it looks without green cones, in CIE Lab.

    Machado, Oliveira & Fernandes (2009), severity 1.0, on linear RGB.
    """
    rgb = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    matrix = [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413]]
    seen = np.clip(np.array([*matrix, [-0.011820, 0.042940, 0.968881]]) @ linear, 0, 1)
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = np.array(to_xyz) @ seen / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize(
    "colours", [*(ramp_colours(one, 5) for one in RAMPS), CATEGORY_COLOURS[:7]]
)
def test_colours_are_told_apart_without_green_cones(colours: Any) -> None:
    for one, other in combinations(colours, 2):
        away = np.linalg.norm(_seen_by_deuteranopes(one) - _seen_by_deuteranopes(other))
        assert away > 8, (one, other)


def test_a_kept_style_is_told_only_by_columns_that_may_be_read(
    database: Database, campaign: CampaignView
) -> None:
    made = database.write(lambda s: kept(s, shown=Shown.PUBLIC))
    with database.reading() as session:
        version = version_of(session.get_one(UploadedLayer, made))
        style = made_style(
            StyleChoices("classes", field="size", label="联系人"),
            ["size", "联系人"],
            [{"size": 1}, {"size": 2.5}],
        )
    act: dict[str, Any] = {"version": version, "now": NOW}
    with pytest.raises(NotAllowedError):
        database.write(lambda s: style_layer(s, Actor(), made, style, **act))
    database.write(lambda s: style_layer(s, OPERATOR, made, style, **act))
    stale: dict[str, Any] = {"version": "x", "now": NOW}
    with pytest.raises(WrongStateError):
        database.write(lambda s: style_layer(s, OPERATOR, made, style, **stale))
    with database.reading() as session:
        layer = layer_seen(session, OPERATOR, made)
        assert style_of(layer) == style
        hidden = style_for(layer, ("名称",))
        assert (hidden.kind, hidden.label) == ("single", "")
        assert style_for(layer, ("size",)).kind == "classes"
        acts = session.scalars(select(AuditEntry.action)).all()
        assert "layer_styled" in acts


def test_the_residents_map_draws_a_layer_in_its_colours(
    database: Database, campaign: CampaignView
) -> None:
    made = database.write(lambda s: kept(s, shown=Shown.PUBLIC, use="parks"))
    with database.reading() as session:
        before = standing(session, campaign.subdistrict, campaign.area)
        assert "drawn" not in before.features(session, "parks")[0]["properties"]
        version = version_of(session.get_one(UploadedLayer, made))
    style = LayerStyle.single("#123456")
    database.write(lambda s: style_layer(s, OPERATOR, made, style, version=version, now=NOW))
    with database.reading() as session:
        after = standing(session, campaign.subdistrict, campaign.area)
        assert after.features(session, "parks")[0]["properties"]["drawn"] == "#123456"
        assert after.key != before.key
        drawn = json.loads(ground(session, campaign.edition, campaign.area).body)
    parks = [one["properties"] for one in drawn["parks"]["features"]]
    assert {one["drawn"] for one in parks} == {"#123456"}
    told = drawn["styles"][parks[0]["drawn_as"]]
    assert (told["entries"], told["outline"], told["outline_px"]) == ([["", "#123456"]], "", 2.5)
    assert "parks" in drawn["loaded"]
    frame = MapFrame.around(campaign.area.bounds, 300, 300)
    assert 'fill="#123456" fill-opacity="0.6" stroke="#123456"' in ground_svg(
        drawn, campaign.area, frame
    )
    with database.reading() as session:
        version = version_of(session.get_one(UploadedLayer, made))
    recoloured = texts(colour="#abcdef", use="parks")
    said: dict[str, Any] = {"name_field": "", "public": [], "version": version, "now": NOW}
    database.write(lambda s: edit_layer(s, OPERATOR, made, recoloured, **said))
    with database.reading() as session:
        assert style_of(layer_seen(session, OPERATOR, made)).entries[0].colour == "#abcdef"
