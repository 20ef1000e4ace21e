"""``python -m geo change`` on files, against the functions that it calls."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from geo.__main__ import main
from geo.significance.change import judge_change
from geo.significance.periods import calendar_periods, equal_periods, local_times, split_at
from tests.geo.significance import worlds
from tests.geo.significance.test_change import grown_town


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Give a town that grew in May, and its communities: the west, the east."""
    frame, period = grown_town()
    frame["at"] = np.where(period == 1, "2026-05-02T08:00:00+08:00", "2026-04-30T23:00:00+08:00")
    left, low, right, high = frame.total_bounds
    middle = (left + right) / 2
    boxes = gpd.GeoSeries.from_wkt(
        [
            f"POLYGON(({a} {low - 9},{b} {low - 9},{b} {high + 9},{a} {high + 9},{a} {low - 9}))"
            for a, b in ((left - 9, middle), (middle, right + 9))
        ],
        crs=worlds.METRIC,
    )
    proposals, communities = tmp_path / "proposals.geojson", tmp_path / "communities.geojson"
    frame.to_crs(4326).to_file(proposals)
    gpd.GeoDataFrame({"code": ["w", "e"]}, geometry=boxes).to_crs(4326).to_file(communities)
    return proposals, communities


def run(files: tuple[Path, Path], out: Path, *more: str) -> int:
    names = [str(path) for path in files]
    options = ["--person", "person", "--simulations", "49", "-o", str(out)]
    return main(["change", *names, "--time-column", "at", *options, *more])


def test_a_change_on_files_is_that_of_the_function(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "change.geojson"
    assert run(files, out, "--split", "2026-05-01") == 0
    assert "places of change are more than chance" in capsys.readouterr().err
    told = json.loads(out.read_text(encoding="utf-8"))
    assert told["method"] == "space_time_permutation"
    assert told["left_out"]["outside"] == 0
    frame = gpd.read_file(files[0])
    times = local_times(pd.to_datetime(frame["at"], utc=True), time_zone="Asia/Shanghai")
    periods = split_at(times, pd.Timestamp("2026-05-01"))
    expected = judge_change(frame, periods, person_column="person", simulations=49).frame
    rows = [feature["properties"] for feature in told["features"]]
    columns = ("change", "since", "people_before", "people_after", "p_value", "verdict")
    for row, (_, one) in zip(rows, expected.iterrows(), strict=True):
        assert [row[name] for name in columns] == [one[name] for name in columns]
        assert row["effect"] == pytest.approx(one["effect"])
    assert (rows[0]["change"], rows[0]["verdict"]) == ("grown", "significant")
    assert rows[0]["community"] == "w"


def test_communities_are_judged_and_a_trend_needs_seven_periods(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "change.geojson"
    assert run(files, out, "--periods", "month", "--by", "communities") == 0
    rows = [one["properties"] for one in json.loads(out.read_text(encoding="utf-8"))["features"]]
    assert [row["area"] for row in rows] == ["w", "e"]
    assert {row["since"] for row in rows} <= {"2026-04-01", "2026-05-01"}
    assert run(files, out, "--periods", "month", "--by", "communities", "--trend") == 2
    assert "a trend needs at least 7 periods, not 2" in capsys.readouterr().err
    for more in (["--periods", "fortnight"], ["--split", "soon"]):
        assert run(files, out, *more) == 2
        assert f"{more[0]}: cannot understand '{more[1]}'" in capsys.readouterr().err
    assert run(files, out, "--periods", "1") == 2
    assert "2 to 60 periods, not 1" in capsys.readouterr().err


def test_periods_are_those_of_the_clock_there() -> None:
    moments = pd.to_datetime(["2026-04-30T16:30:00Z", "2026-04-30T15:30:00Z", None], utc=True)
    times = local_times(pd.Series(moments), time_zone="Asia/Shanghai")
    assert split_at(times, pd.Timestamp("2026-05-01")).tolist()[:2] == ["since", "before"]
    assert split_at(times, pd.Timestamp("2026-05-01")).isna().tolist() == [False, False, True]
    assert calendar_periods(times, "month").tolist()[:2] == ["2026-05-01", "2026-04-01"]
    days = pd.Series(pd.to_datetime(["2026-01-01", "2026-03-01", "2026-04-01"]))
    months = calendar_periods(days, "month")
    assert len(months.cat.categories) == 4  # a February in which nothing came
    assert equal_periods(days, 2).cat.codes.tolist() == [0, 1, 1]
