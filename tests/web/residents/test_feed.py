"""The feed: newest proposals and latest answers, as any reader of feeds understands them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import feedparser
import pytest

from core.database import Database
from deliberation.official_steps import tell_step
from people.access.actor import OPERATOR
from submissions.proposals.queries import CampaignView
from tests.conftest import NOW
from tests.submissions.acting import act
from tests.web.acting import filed
from tests.web.browsing import Browser

BASE = "/w/c/test-campaign"
ATOM = "{http://www.w3.org/2005/Atom}"
GEORSS = "{http://www.georss.org/georss}"
HOUR = timedelta(hours=1)


class TestFeed:
    def parsed(self, browser: Browser, lang: str = "en") -> Any:
        browser.open(f"{BASE}/feed.atom?lang={lang}")
        assert browser.answer.headers["content-type"].startswith("application/atom+xml")
        feed = feedparser.parse(browser.answer.content)
        assert not feed.bozo
        assert feed.version == "atom10"
        return feed

    def test_a_reader_understands_it(self, resident: Browser, ids: list[str]) -> None:
        feed = self.parsed(resident)
        address = f"http://testserver{BASE}"
        assert (feed.feed.title, feed.feed.id) == ("Test call", address)
        links = {link.rel: link.href for link in feed.feed.links}
        assert links == {"self": f"{address}/feed.atom", "alternate": address}
        assert feed.feed.language == "en"
        assert len(feed.entries) == 24
        assert len({entry.id for entry in feed.entries}) == 24
        times = [entry.updated_parsed for entry in feed.entries]
        assert times == sorted(times, reverse=True)
        assert feed.feed.updated == max(entry.updated for entry in feed.entries)
        newest = feed.entries[0]
        assert newest.link == f"http://testserver/w/p/{ids[-1]}"
        assert newest.content[0].type == "text/plain"
        assert newest.content[0].value.startswith("第22条建议 100%_\\ Sun")
        assert newest.tags[0].term == "bike_parking"
        assert newest.tags[0].label == "Bike parking"
        assert newest.where["type"] == "Point"
        assert newest.where["coordinates"] == pytest.approx((116.301 + 22 * 0.0016, 40.03))
        for entry in feed.entries:
            assert entry.author
            assert entry.title
            resident.open(urlsplit(entry.link).path)
            assert resident.status == 200
        chinese = self.parsed(resident, "zh_CN")
        assert (chinese.feed.title, chinese.feed.language) == ("测试征集", "zh-CN")

    def test_it_is_sound_atom_for_a_strict_reader(self, resident: Browser, ids: list[str]) -> None:
        """RFC 4287, 4.1: what a feed and an entry must have, once."""
        self.parsed(resident)
        tree = ElementTree.fromstring(resident.answer.content)
        for name in ("id", "title", "updated"):
            assert len(tree.findall(f"{ATOM}{name}")) == 1
        for entry in tree.findall(f"{ATOM}entry"):
            for name in ("id", "title", "updated", "published", "content"):
                assert len(entry.findall(f"{ATOM}{name}")) == 1
            assert entry.findtext(f"{ATOM}author/{ATOM}name")
            for name in ("updated", "published"):
                assert (entry.findtext(f"{ATOM}{name}") or "").endswith("Z")
            latitude, longitude = (entry.findtext(f"{GEORSS}point") or "").split()
            assert 40 < float(latitude) < 41 < 116 < float(longitude) < 117

    def test_an_official_step_updates_it(
        self, resident: Browser, database: Database, ids: list[str]
    ) -> None:
        before = self.parsed(resident)
        later = NOW + 1000 * HOUR
        act(database, tell_step, OPERATOR, [ids[0]], "declined", "地不够", by="海淀", now=later)
        feed = self.parsed(resident)
        assert feed.feed.updated > before.feed.updated
        told = feed.entries[0]
        assert told.updated == feed.feed.updated
        assert told.author == "海淀"
        assert "地不够" in told.content[0].value
        assert told.title.startswith("Cannot be done: ")
        old = {entry.id: entry.updated for entry in before.entries}
        assert {e.id: e.updated for e in feed.entries if e.id in old} == old
        second = later + HOUR
        act(database, tell_step, OPERATOR, [ids[0]], "built", "还是建了", by="海淀", now=second)
        entries = self.parsed(resident).entries
        assert entries[0].id != told.id

    def test_what_is_older_follows_page_by_page(
        self, resident: Browser, ids: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """RFC 5005, 3: first, previous, next, last."""
        monkeypatch.setattr("web.residents.campaign_page.IN_FEED", 10)
        address, seen, ways = f"{BASE}/feed.atom", [], []
        while address:
            resident.open(address)
            feed = feedparser.parse(resident.answer.content)
            seen += [entry.id for entry in feed.entries]
            links = {link.rel: urlsplit(link.href) for link in feed.feed.links}
            ways.append({name: link.query for name, link in links.items() if link.query})
            on = links.get("next")
            address = f"{on.path}?{on.query}" if on else ""
        assert (len(seen), len(set(seen))) == (24, 24)
        first, second, third = ways
        assert first == {"last": "page=3", "next": "page=2"}
        assert second == {"self": "page=2", "last": "page=3", "next": "page=3"}
        assert third == {"self": "page=3", "last": "page=3", "previous": "page=2"}

    def test_an_empty_one_is_a_feed_too(self, resident: Browser, campaign: CampaignView) -> None:
        feed = self.parsed(resident)
        assert feed.entries == []
        assert feed.feed.updated

    def test_it_stays_well_formed(self, resident: Browser, campaign: CampaignView) -> None:
        """A text may hold what no XML document may."""
        filed(resident, text="坏字符 \ufffe\uffff ]]> &amp; \U0001f600\n第二行")
        [entry] = self.parsed(resident).entries
        assert entry.content[0].value.startswith("坏字符  ]]> &amp; \U0001f600\n第二行")
