"""Every page runs without a browser: on every database, in both languages, at odd addresses."""

from __future__ import annotations

from pathlib import Path

import pytest

import screens.parts.frame as frame_part
from core.database import Database
from core.settings import Settings
from screens.parts.markdown import plain
from tests.conftest import make_campaign
from tests.outages import away
from tests.screens.opening import OpenApp, words_on


def test_without_a_campaign_the_page_says_so(open_app: OpenApp) -> None:
    app = open_app()
    assert not app.exception
    assert "目前还没有活动" in words_on(app)


@pytest.mark.parametrize(
    ("lang", "question", "numbers"),
    [
        ("zh_CN", "哪里?", "看看活动数据"),
        ("en", "Where?", "The campaign in numbers"),
        ("../x", "哪里?", "看看活动数据"),
    ],
)
def test_the_first_page_asks_the_question(
    open_app: OpenApp, database: Database, lang: str, question: str, numbers: str
) -> None:
    make_campaign(database)
    app = open_app(lang=lang, campaign="nonsense\x00")
    assert not app.exception
    assert [plain(question)] == [title.value for title in app.title]
    assert numbers in str([element.proto for element in app.get("link_button")])


def test_type_is_as_large_as_somebody_has_chosen(open_app: OpenApp, database: Database) -> None:
    make_campaign(database)
    large = "html { font-size: 22px !important; }"
    app = open_app(lang="en", large="1")
    assert large in str([one.proto.body for one in app.get("html")])
    (smaller,) = [one for one in app.button if one.label == "A−"]
    smaller.click().run()
    assert not app.exception
    assert large not in str([one.proto.body for one in app.get("html")])
    assert [one for one in app.button if one.label == "A+"]


@pytest.mark.parametrize("odd", ["", "\x00", "<b>", "长" * 5000, "' OR 1=1 --", "116.3,40.03"])
def test_odd_addresses_are_answered(open_app: OpenApp, database: Database, odd: str) -> None:
    make_campaign(database)
    for name in ("at", "place", "category", "campaign", "lang"):
        assert not open_app(**{name: odd}).exception


def test_a_campaign_s_words_are_no_template(
    open_app: OpenApp, database: Database, tmp_path: Path
) -> None:
    """folium's scripts are Jinja templates: a name must not be run as one."""
    trap = tmp_path / "run"
    name = f"{{{{ cycler.__init__.__globals__.os.mkdir('{trap}') }}}}{{% broken {{#"
    category = {"key": "bike_parking", "name": {"zh_CN": name}, "color": name, "icon": name}
    make_campaign(database, categories=[category])
    app = open_app()
    assert not app.exception
    assert not trap.exists()


def test_missing_front_end_packages_are_named(
    open_app: OpenApp, database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    make_campaign(database)
    monkeypatch.setattr(frame_part, "get_settings", lambda: Settings(assets_dir=tmp_path))
    said = words_on(open_app())
    assert "leaflet" in said
    assert "npm ci" in said


@pytest.mark.parametrize(("lang", "words"), [("zh_CN", "读不到数据"), ("en", "cannot get at")])
def test_without_its_database_a_page_says_so(
    open_app: OpenApp, database: Database, lang: str, words: str
) -> None:
    def page() -> None:
        import streamlit as st

        from screens.parts import script_errors
        from screens.parts.visitor import database

        st.session_state["lang"] = st.query_params["lang"]
        try:
            with database().reading() as session:
                session.connection()
        except Exception as error:
            script_errors.tell(error)

    with away(database):
        said = open_app(page, lang=lang)
    assert words in words_on(said)
