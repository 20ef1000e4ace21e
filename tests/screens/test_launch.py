"""Every page runs without a browser: on every database, in both languages, at odd addresses."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import screens.parts.frame as frame_part
import screens.parts.visitor as visitor_part
from core.database import Database
from core.settings import ROOT, Settings
from moderation.changes import change_status
from people.access.actor import OPERATOR, Actor
from screens.parts.markdown import plain
from submissions.participation.filing import file_proposal
from submissions.participation.proposal_draft import DraftProposal
from submissions.proposals.queries import CampaignView
from submissions.proposals.states import Status
from tests.conftest import NOW, make_campaign
from tests.outages import away

OpenApp = Callable[..., AppTest]
SECRET = "这句话只有作者看得到"


def filed(
    database: Database, campaign: CampaignView, text: str = SECRET, device: str = "d" * 40
) -> tuple[str, str]:
    """File a proposal; return its public id and its receipt."""
    draft = DraftProposal(
        client_token=uuid.uuid4().hex,
        longitude=116.31,
        latitude=40.03,
        category="bike_parking",
        text=text,
        relation="lives",
    )
    receipt = database.write(
        lambda s: file_proposal(s, Actor(device=device), campaign.id, draft, now=NOW)
    )
    return receipt.public_id, receipt.code


@pytest.fixture
def open_app(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenApp]:
    monkeypatch.setattr(visitor_part, "open_database", lambda _url: database)

    def opener(page: Callable[[], None] | None = None, **address: str) -> AppTest:
        app = (
            AppTest.from_function(page, default_timeout=30)
            if page
            else AppTest.from_file(str(ROOT / "screens" / "main.py"), default_timeout=30)
        )
        for name, value in address.items():
            app.query_params[name] = value
        return app.run()

    return opener


def words_on(app: AppTest) -> str:
    kinds = ("title", "subheader", "markdown", "caption", "info", "warning", "error", "success")
    return "\n".join(str(e.value) for kind in kinds for e in getattr(app, kind))


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


def the_planner_page() -> None:
    from screens import planner

    planner.show()


def test_a_hidden_proposal_is_not_on_the_planner_s_page(
    open_app: OpenApp, database: Database
) -> None:
    campaign = make_campaign(database)
    public_id, _code = filed(database, campaign)
    database.write(
        lambda s: change_status(s, OPERATOR, public_id, Status.HIDDEN, reason="test", now=NOW)
    )
    page = open_app(the_planner_page)
    assert not page.exception
    assert SECRET not in words_on(page)


@pytest.mark.parametrize("odd", ["", "\x00", "<b>", "长" * 5000, "' OR 1=1 --", "116.3,40.03"])
def test_odd_addresses_are_answered(open_app: OpenApp, database: Database, odd: str) -> None:
    make_campaign(database)
    for name in ("at", "place", "category", "campaign", "lang"):
        assert not open_app(**{name: odd}).exception


@pytest.mark.parametrize("lang", ["zh_CN", "en"])
def test_the_planner_page_counts(open_app: OpenApp, database: Database, lang: str) -> None:
    campaign = make_campaign(database)
    for at in range(6):
        filed(database, campaign, f"建议 {at}", device=f"device-{at}-" + "x" * 30)
    app = open_app(the_planner_page, lang=lang)
    assert not app.exception
    assert [m.value for m in app.metric] == ["6", "6", "1", "0"]
    assert app.dataframe[0].value[["rank", "people", "proposals"]].to_numpy().tolist() == [
        [1, 6, 6]
    ]


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
