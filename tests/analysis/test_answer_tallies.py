"""Answers come in with tables, go out without the private ones, and are counted."""

from __future__ import annotations

import gc
import json
import weakref
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from sqlalchemy import URL, select

from analysis import results
from analysis.answer_tallies import Bin, OptionCount, QuestionCounts, answer_counts
from analysis.selection import Selection
from commands.submissions import main
from core import settings
from core.database import Database
from core.errors import AnswerError, BadFileError
from data.questions import QUESTIONS as DEMO_QUESTIONS
from moderation.changes import change_status
from people.access.actor import OPERATOR
from submissions.campaigns.models import Campaign
from submissions.imports.import_table import ImportReport, import_proposals
from submissions.imports.row_reader import ImportColumns
from submissions.proposals import queries
from submissions.proposals.models import Proposal
from tests.analysis.counting import published_frame, published_rows
from tests.conftest import NOW, make_campaign
from tests.submissions.campaigns.test_questionnaire import ENDS, QUESTIONS, choice, number, words

COLUMNS = ImportColumns(text="text", category_value="bike_parking", answers="answers")


def table(cells: list[Any], **columns: list[Any]) -> gpd.GeoDataFrame:
    values = {"text": [f"第{n}条" for n in range(len(cells))], "answers": cells} | columns
    points = gpd.points_from_xy([116.31] * len(cells), [40.03] * len(cells))
    return gpd.GeoDataFrame(pd.DataFrame(values), geometry=points, crs="EPSG:4326")


def bring(
    database: Database,
    campaign: queries.CampaignView,
    frame: gpd.GeoDataFrame,
    columns: ImportColumns = COLUMNS,
) -> ImportReport:
    return database.write(
        lambda s: import_proposals(s, OPERATOR, campaign.id, frame, columns=columns, now=NOW)
    )


def stored(database: Database) -> list[dict[str, Any]]:
    with database.reading() as session:
        return list(session.scalars(select(Proposal.answers).order_by(Proposal.id)))


def counted(database: Database, questions: list[Any], cells: list[Any]) -> list[QuestionCounts]:
    campaign = make_campaign(database, questions=questions)
    report = bring(database, campaign, table(cells))
    assert not report.refused
    with database.reading() as session:
        return answer_counts(session, campaign)


def test_a_column_of_answers_is_checked_row_by_row(database: Database) -> None:
    campaign = make_campaign(database, questions=QUESTIONS)
    cells: list[Any] = [
        {"uses": ["play", "seats"], "bikes": "7"},
        json.dumps({"uses": "shade", "width": 1, "age": "play"}),
        None,
        "{",
        "[]",
        {"uses": ["seats"], "noise": 9},
        {"uses": ["seats"], "colour": "red"},
    ]
    report = bring(database, campaign, table(cells))
    assert [(refusal.row, refusal.reason) for refusal in report.refused] == [
        (3, "bad_answer"),
        (4, "invalid"),
        (5, "invalid"),
        (6, "bad_answer"),
        (7, "bad_answer"),
    ]
    assert report.refused[0].details == "question=uses, problem=missing"
    assert report.refused[3].details == "question=noise, least=1, most=5, problem=range"
    assert stored(database) == [
        {"uses": ["seats", "play"], "bikes": 7},
        {"uses": ["shade"], "width": 1.0},
    ]
    assert type(stored(database)[1]["width"]) is float


def test_a_table_without_answers_was_not_asked(database: Database) -> None:
    campaign = make_campaign(database, questions=QUESTIONS)
    columns = ImportColumns(text="text", category_value="bike_parking")
    assert bring(database, campaign, table([None]), columns).imported == 1
    assert stored(database) == [{}]


def test_columns_by_question_hold_keys_or_names_in_either_language(database: Database) -> None:
    labelled = choice("uses")
    labelled["options"][0]["label"] = {"zh_CN": "椅子、凳子", "en": "Seats; benches"}
    asked = [
        labelled,
        choice("age", "single"),
        number("bikes", whole=True),
        {"key": "nick", "kind": "short_text", "label": words("nick")},
    ]
    campaign = make_campaign(database, questions=asked)
    frame = table(
        [None] * 4,
        uses=["椅子、凳子;play", "问shade；play", "play| ", "问shade、swings"],
        how_old=[" 问play", "shade", None, None],
        bikes=[3.0, None, float("nan"), None],
        nick=[12.0, " ", "小园", None],
    )
    columns = ImportColumns(
        text="text",
        category_value="bike_parking",
        answer_columns={"uses": "uses", "age": "how_old", "bikes": "bikes", "nick": "nick"},
    )
    report = bring(database, campaign, frame, columns)
    assert stored(database) == [
        {"uses": ["seats", "play"], "age": "play", "bikes": 3, "nick": "12"},
        {"uses": ["shade", "play"], "age": "shade"},
        {"uses": ["play"], "nick": "小园"},
    ]
    assert [refusal.details for refusal in report.refused] == ["question=uses, problem=choice"]
    for wrong, error in (({"colour": "uses"}, AnswerError), ({"uses": "x"}, BadFileError)):
        with pytest.raises(error):
            bring(database, campaign, frame, ImportColumns("text", answer_columns=wrong,
                  category_value="bike_parking"))  # fmt: skip


@pytest.fixture
def run(
    database_url: URL, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    address = database_url.render_as_string(hide_password=False)
    chosen = settings.Settings(database_url=address)
    monkeypatch.setattr("commands.submissions.get_settings", lambda: chosen)

    def call(*arguments: object) -> tuple[int, str, str]:
        code = main([str(argument) for argument in arguments])
        told = capsys.readouterr()
        return code, told.out, told.err

    return call


def test_the_command_takes_a_spreadsheets_columns_as_answers(
    run: Callable[..., tuple[int, str, str]], database: Database, tmp_path: Path
) -> None:
    campaign = make_campaign(database, questions=QUESTIONS)
    path = tmp_path / "old.csv"
    path.write_text(
        "words,lon,lat,要什么,多少辆\n停车,116.31,40.03,问seats;play,12\n停,116.31,40.03,,\n",
        encoding="utf-8",
    )
    options = ["--campaign", campaign.slug, "--text", "words", "--crs", "EPSG:4326"]
    options += ["--category-value", "bike_parking", "--answer", "uses=要什么"]
    code, out, err = run("import", path, *options, "--answer", "bikes=多少辆")
    assert (code, err) == (0, "")
    assert "row 2: bad_answer (question=uses, problem=missing)" in out
    assert stored(database) == [{"uses": ["seats", "play"], "bikes": 12}]
    for wrong in ("bikes", "=多少辆", "uses=words", "colour=多少辆"):
        code, out, err = run("import", path, *options, "--answer", wrong)
        assert (code, len(err.splitlines())) == (2, 1), wrong


def test_private_answers_and_those_to_questions_taken_out_leave_nowhere(
    database: Database,
) -> None:
    campaign = make_campaign(database, questions=QUESTIONS)
    given = {"uses": ["play"], "nick": "小园", "more": "只给工作人员看", "age": "seats"}
    bring(database, campaign, table([given]))

    def take_out(session: Any) -> None:
        row = session.get(Campaign, campaign.id)
        row.questions = [q for q in row.questions if q["key"] != "nick"]

    for told in ({"uses": ["play"], "age": "seats", "nick": "小园"},
                 {"uses": ["play"], "age": "seats"}):  # fmt: skip
        with database.reading() as session:
            rows = published_rows(session, campaign.id)
        assert [row.answers for row in rows] == [told]
        database.write(take_out)
    assert stored(database)[0] == given


def options_of(counts: QuestionCounts) -> dict[str, int | None]:
    return {option.key: option.count for option in counts.options}


def test_counts_are_those_made_by_hand(database: Database) -> None:
    questions = [*QUESTIONS[:6], number("rough", least=0, most=1000)]
    cells: list[Any] = [
        {"uses": ["seats", "play"], "age": "shade", "noise": 5, "bikes": 2, "rough": 0.3},
        {"uses": ["play"], "noise": 5, "bikes": 4, "nick": "小园", "rough": 0.1},
        {"uses": ["play"], "noise": 1, "bikes": 25, "rough": 1},
        {"uses": ["play"], "noise": 1, "bikes": 25, "rough": 0.65},
    ]
    by_key = {counts.key: counts for counts in counted(database, questions, cells)}
    assert list(by_key) == [question["key"] for question in questions]
    assert {key: counts.answered for key, counts in by_key.items()} == {
        "uses": 4, "age": 1, "noise": 4, "bikes": 4, "width": 0, "nick": 1, "rough": 4
    }  # fmt: skip
    uses = by_key["uses"]
    assert options_of(uses) == {"seats": 1, "shade": 0, "play": 4}
    assert uses.options[0] == OptionCount("seats", words("seats"), "park", 1)
    assert options_of(by_key["noise"]) == {"1": 2, "2": 0, "3": 0, "4": 0, "5": 2}
    assert by_key["noise"].options[0].label == {"zh_CN": "1 问calm", "en": "1 calm"}
    bikes, rough = by_key["bikes"].numbers, by_key["rough"].numbers
    assert bikes is not None
    assert rough is not None
    assert (bikes.least, bikes.median, bikes.most) == (2, 14.5, 25)
    assert bikes.lower is not None
    assert bikes.upper is not None
    assert 2 <= bikes.lower <= 14.5 <= bikes.upper <= 25
    assert [b for b in bikes.bins if b.count] == [Bin(0, 5, 2), Bin(25, 30, 2)]
    assert by_key["bikes"].unit == words("bikes")
    assert [(b.start, b.end) for b in rough.bins if b.count] == [
        (0.1, 0.2), (0.3, 0.4), (0.6, 0.7), (1.0, 1.1)
    ]  # fmt: skip
    assert by_key["width"].numbers is None
    assert (by_key["nick"].options, by_key["nick"].numbers) == ((), None)


def private(kind: str) -> dict[str, Any]:
    """Return a private question of options 0 to 4, whatever its kind."""
    if kind == "scale":
        return {"key": "p", "kind": kind, "label": words("p"), "ends": ENDS, "private": True,
                "least": 0, "most": 4}  # fmt: skip
    if kind == "number":
        return number("p", least=0, most=4, whole=True, private=True)
    five = [{"key": f"o{n}", "label": words(str(n))} for n in range(5)]
    return choice("p", kind, options=five, private=True)


@pytest.mark.parametrize("kind", ["single", "multiple", "scale", "number"])
@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([9, 8, 7, 6, 5], [9, 8, 7, 6, 5]),
        # One left out could be worked out from the sum, so the next smallest goes, too.
        ([9, 8, 7, 6, 4], [9, 8, 7, None, None]),
        # So could two of them be, of which one is nobody's.
        ([9, 8, 7, 4, 0], [9, 8, None, None, None]),
        ([9, 8, 3, 3, 0], [9, 8, None, None, None]),
        ([9, 1, 1, 1, 1], [None, None, None, None, None]),
        ([0, 0, 0, 0, 0], [None] * 5),
    ],
)
def test_nothing_is_told_of_fewer_than_five_people(
    database: Database, kind: str, given: list[int], told: list[int | None]
) -> None:
    value: Callable[[int], Any] = {
        "single": lambda n: f"o{n}",
        "multiple": lambda n: [f"o{n}"],
    }.get(kind, lambda n: n)
    cells: list[Any] = [{"p": value(n)} for n, times in enumerate(given) for _ in range(times)]
    (counts,) = counted(database, [private(kind)], cells or [{}])
    if kind == "multiple":  # options of a multiple choice add up to nothing
        told = [count if count >= 5 else None for count in given]
    got = [option.count for option in counts.options]
    if counts.numbers is not None:
        assert (counts.numbers.least, counts.numbers.median, counts.numbers.most) == (None,) * 3
        got = [each.count for each in counts.numbers.bins]
    assert got == told
    assert counts.private
    assert counts.answered == (sum(given) or None)


def test_only_what_is_published_counts_and_counts_follow_it(database: Database) -> None:
    campaign = make_campaign(database, questions=[choice()])
    bring(database, campaign, table([{"uses": ["seats"]}, {"uses": ["seats"]}]))
    with database.reading() as session:
        (first, _) = published_frame(session, campaign.id)["id"]
    assert options_of(results.answers(database, Selection(campaign))[0])["seats"] == 2
    same = results.answers(database, Selection(campaign))
    assert same is results.answers(database, Selection(campaign))
    former = weakref.ref(same[0])
    del same
    later = NOW + timedelta(hours=1)
    database.write(lambda s: change_status(s, OPERATOR, first, "hidden", reason="重复", now=later))
    assert options_of(results.answers(database, Selection(campaign))[0])["seats"] == 1
    gc.collect()
    assert former() is None  # of each campaign, one revision is kept


def test_the_demo_wants_play_bike_parking_and_outdoor_facilities(demo_database: Database) -> None:
    with demo_database.reading() as session:
        park = queries.campaign_by_slug(session, "micro-park")
        assert park.questions == DEMO_QUESTIONS["micro-park"]
        rows = published_rows(session, park.id)
    counts = {each.key: each for each in results.answers(demo_database, Selection(park))}
    wanted = Counter(options_of(counts["uses"])).most_common(5)
    assert [key for key, _ in wanted[:2]] == ["play", "bike_parking"]
    assert {key for key, _ in wanted[2:]} == {"seats", "fitness", "shelter"}
    for key in ("uses", "who_for", "purpose"):
        by_row = Counter(option for row in rows for option in row.answers.get(key, []))
        assert {k: n for k, n in options_of(counts[key]).items() if n} == dict(by_row)
    assert not any("age" in row.answers for row in rows)
    assert counts["age"].answered
    assert all(count >= 5 for count in options_of(counts["age"]).values() if count is not None)
