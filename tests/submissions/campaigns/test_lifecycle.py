"""Making campaigns: drafts nobody knows of, parts saved by themselves, questions that change."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from sqlalchemy import select

from core.database import Database
from core.errors import (
    BadFileError,
    BadPhotoError,
    BadShapeError,
    InvalidError,
    LuJianError,
    NotAllowedError,
    NotFoundError,
    WrongStateError,
)
from geo.crs import MissingCrsError, UnknownCrsError, to_wgs84
from layers.communities.campaign_area import area_km2, area_of_communities, drawn_area, read_area
from people.access.actor import OPERATOR, Actor, Grant, Reach, Role, everywhere
from people.access.permissions import Act
from submissions.campaigns import lifecycle, questionnaire
from submissions.campaigns.lifecycle import PARTS, version_of
from submissions.campaigns.models import Campaign
from submissions.campaigns.phases import Phase, phase_at
from submissions.campaigns.question_changes import What
from submissions.campaigns.season_templates import SEASONS
from submissions.campaigns.subdistricts import subdistricts
from submissions.participation.author_edits import edit_proposal
from submissions.participation.photo_upkeep import sweep
from submissions.photos.storage import PhotoStore, open_store
from submissions.proposals.queries import (
    CampaignView,
    all_campaigns,
    any_campaign,
    campaign_by_slug,
    list_campaigns,
)
from tests.analysis.counting import published_rows
from tests.conftest import AREA, CLOSES, NOW, OPENS, make_campaign, new_campaign, quarters
from tests.submissions.acting import AUTHOR, act, file, trail
from tests.web.acting import QUESTIONS, picture, rows

HERE, THERE = "110108017", "110108018"
OFFICER = Actor("desk", frozenset({Grant(Role.SUBDISTRICT_OFFICER, Reach.SUBDISTRICT, HERE)}))
ELSEWHERE = Actor("else", frozenset({Grant(Role.SUBDISTRICT_OFFICER, Reach.SUBDISTRICT, THERE)}))
SOON = timedelta(days=3)
QUARTER = shapely.box(116.30, 40.02, 116.32, 40.04)


@pytest.fixture
def draft(database: Database) -> CampaignView:
    """Give a draft of the subdistrict here, beside a public campaign."""
    make_campaign(database)
    new = new_campaign(slug="draft", subdistrict=HERE, area=QUARTER, questions=QUESTIONS)
    act(database, lifecycle.create_draft, OFFICER, new)
    return view(database, "draft")


def view(database: Database, slug: str, actor: Actor = OPERATOR) -> CampaignView:
    with database.reading() as session:
        return any_campaign(session, actor, Act.MAKE_CAMPAIGN, slug)


def edit(
    database: Database, slug: str, part: str, actor: Actor = OFFICER, **changes: Any
) -> tuple[str, ...]:
    version = version_of(view(database, slug), part)
    changed: tuple[str, ...] = act(
        database, lifecycle.edit_campaign, actor, slug, part, changes, version=version
    )
    return changed


def public(database: Database, now: Any = NOW) -> list[str]:
    with database.reading() as session:
        return [each.slug for each in list_campaigns(session, now=now)]


class TestStates:
    def test_a_draft_is_known_to_its_makers_alone(
        self, database: Database, draft: CampaignView
    ) -> None:
        assert public(database, CLOSES) == ["test-campaign"]
        with database.reading() as session:
            assert len(all_campaigns(session, OFFICER, Act.MAKE_CAMPAIGN)) == 1
            assert all_campaigns(session, ELSEWHERE, Act.MAKE_CAMPAIGN) == []
            with pytest.raises(NotFoundError):
                campaign_by_slug(session, "draft", now=CLOSES)
            for actor in (ELSEWHERE, AUTHOR):
                with pytest.raises(NotFoundError):
                    any_campaign(session, actor, Act.MAKE_CAMPAIGN, "draft")
        with pytest.raises(NotFoundError):
            file(database, draft)

    def test_it_opens_and_closes_by_its_dates(
        self, database: Database, draft: CampaignView
    ) -> None:
        opens, closes = NOW + SOON, NOW + 2 * SOON
        edit(database, "draft", "dates", opens_at=opens, closes_at=closes)
        act(database, lifecycle.schedule_campaign, OFFICER, "draft", announce=False)
        before = opens - timedelta(microseconds=1)
        assert public(database, before) == ["test-campaign"]
        assert public(database, opens) == ["test-campaign", "draft"]
        found = view(database, "draft")
        phases = [phase_at(found, moment) for moment in (before, opens, closes)]
        assert phases == [Phase.ANNOUNCED, Phase.COLLECTING, Phase.REVIEWING]
        # Moved before anybody knows of it, it is still not shown before it opens.
        edit(database, "draft", "dates", opens_at=opens + SOON / 2, closes_at=closes)
        assert public(database, opens) == ["test-campaign"]
        act(database, lifecycle.unschedule_campaign, OFFICER, "draft")
        assert public(database, CLOSES) == ["test-campaign"]
        act(database, lifecycle.schedule_campaign, OFFICER, "draft", announce=True)
        assert public(database) == ["test-campaign", "draft"]
        with pytest.raises(WrongStateError):
            act(database, lifecycle.unschedule_campaign, OFFICER, "draft")

    def test_open_close_archive_and_back(self, database: Database, draft: CampaignView) -> None:
        late = NOW + SOON
        act(database, lifecycle.open_campaign, OFFICER, "draft", now=NOW)
        opened = view(database, "draft")
        assert (opened.opens_at, opened.published_at) == (NOW, NOW)
        file(database, opened, answers={"when": "morning"})
        act(database, lifecycle.close_campaign, OFFICER, "draft", now=late)
        act(database, lifecycle.archive_campaign, OFFICER, "draft", now=late)
        assert phase_at(view(database, "draft"), late) is Phase.ARCHIVED
        for part in PARTS:
            with pytest.raises(WrongStateError):
                edit(database, "draft", part)
        act(database, lifecycle.restore_campaign, OFFICER, "draft", now=late)
        assert phase_at(view(database, "draft"), late) is Phase.REVIEWING
        names = ["opened", "closed", "archived", "restored"]
        assert len(trail(database, *(f"campaign_{name}" for name in names))) == 4

    @pytest.mark.parametrize(
        ("state", "refused"),
        [
            ("draft", ["close", "archive", "restore", "unschedule"]),
            ("open", ["open", "archive", "restore", "unschedule", "schedule"]),
            ("closed", ["open", "close", "restore", "unschedule", "schedule"]),
            ("archived", ["open", "close", "archive", "unschedule", "schedule"]),
        ],
    )
    def test_what_a_state_refuses(
        self, database: Database, draft: CampaignView, state: str, refused: list[str]
    ) -> None:
        way = {"open": ["open"], "closed": ["open", "close"]}
        way["archived"] = [*way["closed"], "archive"]
        for step, verb in enumerate(way.get(state, [])):
            do(database, verb, now=NOW + step * SOON)
        for verb in refused:
            with pytest.raises(WrongStateError):
                do(database, verb, now=NOW + 5 * SOON)

    def test_nothing_opens_that_is_not_ready(self, database: Database, draft: CampaignView) -> None:
        empty = {"zh_CN": {"title": "有", "question": "有"}, "en": {"title": " "}}
        edit(database, "draft", "texts", texts=empty)
        for verb in ("open", "schedule"):
            with pytest.raises(InvalidError, match="missing"):
                do(database, verb)
        edit(database, "draft", "texts", texts=draft.texts)
        for verb in ("open", "schedule"):
            with pytest.raises(InvalidError, match="over"):
                do(database, verb, now=CLOSES)


def do(database: Database, verb: str, **changes: Any) -> None:
    action = getattr(lifecycle, f"{verb}_campaign")
    given = {"announce": False} if verb == "schedule" else {}
    act(database, action, OFFICER, "draft", **given, **changes)


class TestReach:
    @pytest.mark.parametrize("role", [*Role, ELSEWHERE, None])
    def test_nobody_else_makes_or_changes_campaigns(
        self, database: Database, draft: CampaignView, role: Any
    ) -> None:
        actor = role if isinstance(role, Actor) else Actor("x", everywhere(*[role] if role else []))
        if role in {Role.ADMINISTRATOR, Role.SUBDISTRICT_OFFICER}:
            assert edit(database, "draft", "texts", actor, theme="新名") == ("theme",)
            return
        refusals = (NotAllowedError, NotFoundError)
        before = view(database, "draft")
        tries: list[tuple[Any, ...]] = [
            (lifecycle.create_draft, new_campaign(slug="other", subdistrict=HERE)),
            (lifecycle.copy_campaign, "draft", "other"),
            (lifecycle.open_campaign, "draft"),
            (lifecycle.close_campaign, "draft"),
            (lifecycle.archive_campaign, "draft"),
            (lifecycle.restore_campaign, "draft"),
            (lifecycle.unschedule_campaign, "draft"),
        ]
        for action, *given in tries:
            with pytest.raises((*refusals, InvalidError)):
                act(database, action, actor, *given)
        for part in PARTS:
            with pytest.raises(refusals):
                edit(database, "draft", part, actor)
        with pytest.raises(NotAllowedError):  # this one is known to everybody
            edit(database, "test-campaign", "texts", ELSEWHERE, theme="新名")
        assert view(database, "draft") == before

    def test_an_officer_stays_in_the_own_subdistrict(
        self, database: Database, draft: CampaignView
    ) -> None:
        away = shapely.box(117.0, 40.0, 117.1, 40.1)
        with pytest.raises(InvalidError, match="elsewhere"):
            edit(database, "draft", "area", area=away)
        new = new_campaign(slug="away", subdistrict=HERE, area=away)
        with pytest.raises(InvalidError, match="elsewhere"):
            act(database, lifecycle.create_draft, OFFICER, new)
        edit(database, "draft", "area", OPERATOR, area=away)
        with database.reading() as session:
            assert [each.code for each in subdistricts(session, OFFICER)] == [HERE]
            assert [each.code for each in subdistricts(session, OPERATOR)] == [HERE, ""]
            assert subdistricts(session, ELSEWHERE) == []


class TestEditing:
    def test_the_trail_says_from_and_to(self, database: Database, draft: CampaignView) -> None:
        assert edit(database, "draft", "taking", max_photos=1, alike=0.5) == ("max_photos", "alike")
        assert edit(database, "draft", "taking", max_photos=1) == ()
        edit(database, "draft", "area", area=AREA)
        taking, area = trail(database, "campaign_edited")
        assert taking.details["from"] == {"max_photos": 3, "alike": 0.42}
        assert taking.details["to"] == {"max_photos": 1, "alike": 0.5}
        assert area.details["to"]["area"]["bounds"] == list(AREA.bounds)

    def test_what_somebody_else_changed_meanwhile_is_not_overwritten(
        self, database: Database, draft: CampaignView
    ) -> None:
        seen = version_of(draft, "texts")
        edit(database, "draft", "texts", theme="先到")
        edit(database, "draft", "dates", opens_at=NOW)  # another part is no hindrance
        changes = {"theme": "后到"}
        with pytest.raises(WrongStateError, match="stale"):
            act(
                database,
                lifecycle.edit_campaign,
                OFFICER,
                "draft",
                "texts",
                changes,
                version=seen,
            )
        assert view(database, "draft").theme == "先到"
        for part in PARTS:
            assert version_of(view(database, "draft"), part) == version_of(
                view(database, "draft"), part
            )

    @pytest.mark.parametrize(
        ("part", "changes"),
        [
            ("texts", {"texts": {"en": {"title": "x" * 61}}}),
            ("texts", {"theme": ""}),
            ("texts", {"max_photos": 1}),
            ("dates", {"opens_at": CLOSES}),
            ("dates", {"phases": {"answered": OPENS.isoformat()}}),
            ("categories", {"categories": []}),
            ("categories", {"categories": [{"key": "Bad key"}]}),
            ("taking", {"max_photos": 4}),
            ("taking", {"alike": 0.95}),
            ("taking", {"geometry_kinds": ["sphere"]}),
            ("taking", {"facility": {"layer": "none"}}),
            ("prizes", {"prize": {"winners": 0}}),
            ("prizes", {"prize": {"winners": "3"}}),
            ("prizes", {"privacy": {"en": "x" * 4001}}),
            ("area", {"area": shapely.Point(116.3, 40.0)}),
            ("questions", {"questions": []}),
            ("nothing", {}),
        ],
    )
    def test_what_cannot_be_is_refused(
        self, database: Database, draft: CampaignView, part: str, changes: dict[str, Any]
    ) -> None:
        version = version_of(draft, part) if part in PARTS else ""
        with pytest.raises(InvalidError):
            act(
                database,
                lifecycle.edit_campaign,
                OFFICER,
                "draft",
                part,
                changes,
                version=version,
            )
        assert view(database, "draft") == draft

    def test_a_category_in_use_cannot_vanish(
        self, database: Database, campaign: CampaignView
    ) -> None:
        file(database, campaign)
        bikes, space = campaign.categories
        with pytest.raises(InvalidError) as refused:
            edit(database, campaign.slug, "categories", OPERATOR, categories=[space])
        assert refused.value.params["category"] == "bike_parking"
        edit(database, campaign.slug, "categories", OPERATOR, categories=[bikes])
        renamed = {**bikes, "name": {"zh_CN": "停车", "en": "Parking"}}
        edit(database, campaign.slug, "categories", OPERATOR, categories=[renamed])
        assert view(database, campaign.slug).categories == [renamed]

    def test_a_copy_is_a_draft_like_it(self, database: Database, draft: CampaignView) -> None:
        act(database, lifecycle.open_campaign, OFFICER, "draft")
        act(database, lifecycle.copy_campaign, OFFICER, "draft", "copy")
        copy = view(database, "copy")
        assert copy.published_at is None
        for part, names in PARTS.items():
            if part != "dates":
                for name in names:
                    assert getattr(copy, name) == getattr(draft, name), name
        for taken in ("draft", "copy", "Not a name"):
            with pytest.raises(InvalidError):
                act(database, lifecycle.copy_campaign, OFFICER, "draft", taken)

    @pytest.mark.parametrize("season", SEASONS)
    def test_a_season_is_ready_to_be_opened(self, database: Database, season: str) -> None:
        make_campaign(database)
        given = SEASONS[season]
        opens_at, closes_at, phases = given.dates(NOW.date())
        assert opens_at > NOW
        new = new_campaign(
            slug=season,
            theme=given.theme,
            texts=given.texts,
            categories=given.categories,
            questions=given.questions,
            geometry_kinds=given.geometry_kinds,
            opens_at=opens_at,
            closes_at=closes_at,
            phases=phases,
            subdistrict=HERE,
            area=QUARTER,
        )
        act(database, lifecycle.create_draft, OFFICER, new)
        act(database, lifecycle.open_campaign, OFFICER, season)
        assert set(given.texts) == {"zh_CN", "en"}
        for words in given.texts.values():
            assert all(words.values())

    def test_a_cover_is_cleaned_kept_and_swept_when_it_is_replaced(
        self, database: Database, draft: CampaignView, tmp_path: Path
    ) -> None:
        store = open_store(tmp_path / "photos")
        first = cover(database, store, draft, picture("red"))
        store.read(first)
        with pytest.raises(WrongStateError):  # stale: there is a cover since
            cover(database, store, draft, picture("blue"))
        with pytest.raises(BadPhotoError):
            cover(database, store, view(database, "draft"), b"no picture")
        second = cover(database, store, view(database, "draft"), picture("blue"))
        sweep(database, store, now=NOW + timedelta(days=20_000))
        store.read(second)
        with pytest.raises(NotFoundError):
            store.read(first)
        with pytest.raises(NotAllowedError):
            cover(database, store, view(database, "draft"), picture(), AUTHOR)


def cover(
    database: Database, store: PhotoStore, seen: CampaignView, data: bytes, actor: Actor = OFFICER
) -> str:
    version = version_of(seen, "cover")
    return lifecycle.set_cover(database, store, actor, seen.slug, data, version=version, now=NOW)


class TestQuestions:
    @pytest.fixture
    def asked(self, database: Database) -> CampaignView:
        """Give a campaign with three answers: morning and evening, seats and shade, two names."""
        campaign = make_campaign(database, questions=QUESTIONS)
        for at, answers in enumerate(
            (
                {"when": "morning", "wishes": ["seats", "shade"], "name": "李"},
                {"when": "evening", "wishes": ["seats"], "name": "王"},
                {"when": "morning"},
            )
        ):
            file(database, campaign, Actor(f"d{at}"), answers=answers, text=f"第{at}条建议文字")
        return campaign

    def ask(
        self, database: Database, new: list[dict[str, Any]], *, confirmed: bool = True
    ) -> list[tuple[str, str, str, int]]:
        version = version_of(view(database, "test-campaign"), "questions")
        effects = act(
            database,
            lifecycle.edit_questions,
            OPERATOR,
            "test-campaign",
            new,
            version=version,
            confirmed=confirmed,
        )
        return [(str(e.what), e.question.key, e.option, e.answers) for e in effects]

    def exported(self, database: Database) -> list[dict[str, Any]]:
        campaign = view(database, "test-campaign")
        with database.reading() as session:
            rows = published_rows(session, campaign.id)
        return [questionnaire.flat(campaign.asked_ever, row.answers) for row in rows]

    def test_what_will_happen_is_said_first(self, database: Database, asked: CampaignView) -> None:
        when, wishes, _name = QUESTIONS
        fewer = {**wishes, "options": wishes["options"][1:], "most": 1, "required": True}
        new = [fewer, {**when, "private": True}]
        said = self.ask(database, new, confirmed=False)
        assert said == [
            (What.NOW_PRIVATE, "when", "", 3),
            (What.OPTION_REMOVED, "wishes", "seats", 2),
            (What.NOW_REQUIRED, "wishes", "", 2),
            (What.NARROWER, "wishes", "", 2),
            (What.REMOVED, "name", "", 2),
        ]
        assert view(database, "test-campaign").questions == asked.questions
        assert self.ask(database, new) == []
        assert view(database, "test-campaign").questions == new
        former = view(database, "test-campaign").former_questions
        assert [each["key"] for each in former] == ["wishes", "name"]

    def test_old_answers_stay_exportable(self, database: Database, asked: CampaignView) -> None:
        before = self.exported(database)
        assert [row["q_when"] for row in before] == ["morning", "evening", "morning"]
        _when, wishes, name = QUESTIONS
        self.ask(database, [{**wishes, "options": wishes["options"][1:]}, name])
        after = self.exported(database)
        assert [{key: row[key] for key in sorted(row)} for row in after] == [
            {key: row[key] for key in sorted(row)} for row in before
        ]
        assert not any("name" in key for row in after for key in row)  # private stays private
        # Asked once more, the option is there twice nowhere.
        self.ask(database, QUESTIONS)
        assert self.exported(database) == before
        assert [
            c.name for c in questionnaire.columns(view(database, "test-campaign").asked_ever)
        ] == [c.name for c in questionnaire.columns(QUESTIONS)]

    def test_what_nobody_answered_goes_without_a_trace(
        self, database: Database, asked: CampaignView
    ) -> None:
        extra = {
            "key": "extra",
            "kind": "short_text",
            "label": {"zh_CN": "还有?", "en": "More?"},
        }
        assert self.ask(database, [*QUESTIONS, extra], confirmed=False) == []
        unchosen = {**QUESTIONS[1], "options": QUESTIONS[1]["options"][:2]}
        assert self.ask(database, [QUESTIONS[0], unchosen, QUESTIONS[2]], confirmed=False) == []
        assert view(database, "test-campaign").former_questions == []

    @pytest.mark.parametrize(
        ("change", "problem"),
        [
            ({"kind": "long_text"}, "public|kind"),
            ({"private": False}, "public"),
        ],
    )
    def test_what_was_promised_stays(
        self, database: Database, asked: CampaignView, change: dict[str, Any], problem: str
    ) -> None:
        when, wishes, name = QUESTIONS
        with pytest.raises(InvalidError, match=problem):
            self.ask(database, [when, wishes, {**name, **change}])
        # Nor once it was taken out in between.
        self.ask(database, [when, wishes])
        with pytest.raises(InvalidError, match=problem):
            self.ask(database, [when, wishes, {**name, **change}])

    def test_what_cannot_be_asked(self, database: Database, asked: CampaignView) -> None:
        for bad in ([{"key": "x"}], [QUESTIONS[0], QUESTIONS[0]], [{**QUESTIONS[0], "kind": "y"}]):
            with pytest.raises(InvalidError):
                self.ask(database, bad)
        with pytest.raises(WrongStateError):
            act(
                database,
                lifecycle.edit_questions,
                OPERATOR,
                "test-campaign",
                [],
                version="old",
                confirmed=True,
            )

    def test_an_author_who_changes_words_keeps_former_answers(self, database: Database) -> None:
        campaign = make_campaign(database, questions=QUESTIONS, publish_on_filing=False)
        answers = {"when": "morning", "wishes": ["seats"]}
        file(database, campaign, answers=answers)
        self.ask(database, [QUESTIONS[0], QUESTIONS[2]])
        (row,) = rows(database)
        given = {"updated": row.updated, "answers": {"when": "evening"}, "category": "public_space"}
        act(database, edit_proposal, AUTHOR, row.public_id, **given)
        assert rows(database)[0].answers == {"when": "evening", "wishes": ["seats"]}


class TestAreas:
    RING = shapely.box(116.30, 40.02, 116.34, 40.06)

    def written(self, folder: Path, driver: str, crs: str = "EPSG:4326") -> bytes:
        frame = gpd.GeoDataFrame({"名": ["清河"]}, geometry=[self.RING], crs="EPSG:4326")
        frame = frame.to_crs(crs)
        if driver != "ESRI Shapefile":
            path = folder / f"a.{driver.lower()}"
            frame.to_file(path, driver=driver)
            return path.read_bytes()
        frame.to_file(folder / "清河.shp", encoding="GBK")
        return zipped(folder)

    @pytest.mark.parametrize(
        ("name", "driver"),
        [
            ("a.geojson", "GeoJSON"),
            ("A.GPKG", "GPKG"),
            ("a.kml", "KML"),
            ("a.zip", "ESRI Shapefile"),
        ],
    )
    def test_each_kind_of_file(self, tmp_path: Path, name: str, driver: str) -> None:
        read = read_area(name, self.written(tmp_path, driver))
        assert read.crs == "EPSG:4326"
        assert read.area.equals_exact(self.RING, 1e-7, normalize=True)
        # By the WGS 84 ellipsoid: 0.04° by 0.04° at 40.04° N are 3.4136 by 4.4417 km.
        assert area_km2(read.area) == pytest.approx(15.163, abs=0.01)

    def test_a_shapefile_without_prj_is_never_guessed(self, tmp_path: Path) -> None:
        self.written(tmp_path, "ESRI Shapefile", "EPSG:4548")
        (tmp_path / "清河.prj").unlink()
        data = zipped(tmp_path)
        with pytest.raises(MissingCrsError):
            read_area("a.zip", data)
        read = read_area("a.zip", data, crs="EPSG:4548")
        assert read.area.equals_exact(self.RING, 1e-6, normalize=True)
        with pytest.raises(InvalidError):  # metres are no degrees
            read_area("a.zip", data, crs="EPSG:4326")
        with pytest.raises(UnknownCrsError):
            read_area("a.zip", data, crs="EPSG:1")

    def test_what_a_phone_map_says_stands_above_the_file(self, tmp_path: Path) -> None:
        read = read_area("a.geojson", self.written(tmp_path, "GeoJSON"), crs="GCJ-02")
        corners = [to_wgs84(x, y, crs="GCJ-02") for x, y in self.RING.exterior.coords]
        assert read.crs == "GCJ-02"
        assert read.area.equals_exact(shapely.Polygon(corners), 1e-7, normalize=True)
        assert abs(read.area.bounds[0] - 116.30) > 0.005

    def test_polygons_are_united_repaired_and_made_plain(self) -> None:
        bow = [[116.30, 40.02], [116.32, 40.04], [116.32, 40.02], [116.30, 40.04], [116.30, 40.02]]
        circle = shapely.Point(116.33, 40.03).buffer(0.01, quad_segs=2000)
        shapes = [{"type": "Polygon", "coordinates": [bow]}, shapely.geometry.mapping(circle)]
        features = [{"type": "Feature", "properties": {}, "geometry": each} for each in shapes]
        point = {"type": "Point", "coordinates": [116.3, 40.0]}
        features.append({"type": "Feature", "properties": {}, "geometry": point})
        data = json.dumps({"type": "FeatureCollection", "features": features}).encode()
        read = read_area("a.geojson", data)
        assert (read.polygons, read.repaired, read.simplified) == (2, 2, True)
        assert shapely.get_num_coordinates(read.area) < 2_000
        assert read.area.is_valid

    @pytest.mark.parametrize(
        ("name", "data"),
        [
            ("a.exe", b"x"),
            ("a.geojson", b""),
            ("a.geojson", b"{"),
            ("a.zip", b"PK no archive"),
            ("a.gpkg", b"x" * 100),
            ("a.kml", b"<kml/>"),
            ("a.geojson", b'{"type":"FeatureCollection","features":[]}'),
            ("a.geojson", b'{"type":"Point","coordinates":[116.3,40]}'),
        ],
    )
    def test_what_is_no_file_with_an_area(self, name: str, data: bytes) -> None:
        with pytest.raises(BadFileError):
            read_area(name, data)

    @pytest.mark.parametrize("size", [1e-6, 20.0])
    def test_an_area_of_no_campaign(self, size: float) -> None:
        with pytest.raises(LuJianError):
            drawn_area(shapely.geometry.mapping(shapely.box(100, 30, 100 + size, 30 + size)))

    def test_what_is_drawn(self) -> None:
        drawn = drawn_area(json.dumps(shapely.geometry.mapping(self.RING)))
        assert drawn.area.equals_exact(self.RING, 1e-7, normalize=True)
        bow = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}
        line = {"type": "LineString", "coordinates": [[0, 0], [1, 1]]}
        for bad in (bow, line, "", "{}", None):
            with pytest.raises(BadShapeError):
                drawn_area(bad)

    def test_communities_put_together(self, database: Database, campaign: CampaignView) -> None:
        codes = ["110108017001", "110108017003"]
        with database.reading() as session:
            area = area_of_communities(session, campaign.edition, codes).area
            for bad in ([], ["110108017001", "nowhere"]):
                with pytest.raises(InvalidError):
                    area_of_communities(session, campaign.edition, bad)
        expected = shapely.union_all(quarters().geometry[:2].to_list())
        assert area.equals(expected)


def zipped(folder: Path) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path in folder.glob("清河.*"):
            archive.write(path, path.name)
    return content.getvalue()


def test_a_campaign_set_up_at_once_is_public_as_before(database: Database) -> None:
    make_campaign(database)
    with database.reading() as session:
        row = session.scalars(select(Campaign)).one()
    assert row.published_at == OPENS
    assert (row.phases, row.former_questions, row.privacy, row.prize) == ({}, [], {}, None)
