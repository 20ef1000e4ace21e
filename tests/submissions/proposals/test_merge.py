"""Joining what says the same: nothing is lost, people count once, and there is a way back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from PIL import Image
from sqlalchemy import select

from analysis import results
from analysis.listing import list_proposals
from analysis.pin_changes import pins
from analysis.selection import Selection
from core.database import Base, Database
from core.errors import (
    BadMergeError,
    EmptyTextError,
    InvalidError,
    LuJianError,
    NotAllowedError,
    NotFoundError,
    StaleError,
    WrongStateError,
)
from deliberation.official_steps import tell_step
from deliberation.timeline import timeline
from notifications.channels import Parcel
from notifications.contacts import ContactKind, Sealer
from notifications.dispatcher import PostOffice
from notifications.models import Message
from notifications.outbox import DeliveryOutcome, DeliveryVerdict
from people.access.actor import OPERATOR, Actor, Grant, Reach, Role, everywhere
from submissions.campaigns.create import create_campaign
from submissions.participation import follows
from submissions.participation.author_edits import withdraw_proposal
from submissions.participation.comments import change_comment_status, comment_on, comments_of
from submissions.participation.my_proposals import own_proposal
from submissions.participation.photos import change_photo_status, photo_file, photos_of, take_photo
from submissions.participation.reports import open_reports, report
from submissions.participation.supports import support_proposal, supported_by, unsupport_proposal
from submissions.photos.storage import open_store
from submissions.proposals import queries
from submissions.proposals.merge import joined_with, merge, parts_of, unmerge
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView
from submissions.proposals.tell_followers import still_wanted
from tests.analysis.counting import published_rows, sums_of
from tests.conftest import NOW, make_campaign, new_campaign
from tests.examples import examples
from tests.submissions.acting import act, file, moderate, trail
from wording.letters.proposal_letters import letter

A, B, C, D = (Actor(name) for name in "abcd")
HOUR = timedelta(hours=1)
BASE = "https://lujian.example.org"
SEALER = Sealer(["one key of at least thirty-two characters"])


def join(database: Database, keep: str, *others: str, actor: Actor = OPERATOR, **more: Any) -> Any:
    return act(database, merge, actor, keep, others, **({"reason": "同一件事"} | more))


def part(database: Database, *names: str, actor: Actor = OPERATOR, **more: Any) -> None:
    act(database, unmerge, actor, names, **({"reason": "不是一件事"} | more))


def stored(database: Database) -> dict[str, list[Any]]:
    """Return all that a merge could touch, but for the version and the record of the merge."""
    tables = ("proposal", "support", "comment", "photo", "follow", "report", "step")
    found: dict[str, list[Any]] = {}
    with database.reading() as session:
        for name in tables:
            table = Base.metadata.tables[name]
            columns = [column for column in table.c if column.name not in {"updated", "geometry"}]
            rows = session.execute(select(*columns).order_by(*table.primary_key)).all()
            found[name] = [tuple(map(str, row)) for row in rows]
    return found


def shown(database: Database, campaign: CampaignView) -> dict[str, Any]:
    """Return what the public gets of a campaign: pins, sums, counts, lists, hotspots, exports."""
    spots = results.hotspots(database, Selection(campaign), radius_m=50, min_proposals=1).frame
    counts = results.community_counts(database, Selection(campaign))
    with database.reading() as session:
        totals = sums_of(session, campaign.id)
        listed = list_proposals(session, campaign).items
        rows = published_rows(session, campaign.id)
        return {
            "pins": sorted(pins(session, campaign.id).public_ids.tolist()),
            "totals": (totals.proposals, totals.people),
            "list": sorted((view.public_id, view.supports) for view in listed),
            "export": sorted((row.id, row.supports) for row in rows),
            "counts": (int(counts.frame["proposals"].sum()), counts.people),
            "by community": counts.frame["people"].tolist(),
            "hotspots": spots[["proposals", "people"]].to_numpy().tolist(),
            "comments": {
                view.public_id: len(comments_of(session, view.public_id)) for view in listed
            },
        }


def test_a_merge_keeps_all_and_counts_people_once(
    database: Database, campaign: CampaignView
) -> None:
    file(database, campaign, A, longitude=116.33)  # A is a person already, elsewhere
    kept, first, second = (file(database, campaign, who).public_id for who in (A, B, B))
    waiting = file(database, campaign, C).public_id
    moderate(database, waiting, "held")
    for device, name in ((B, kept), (C, kept), (C, first), (D, first), (A, second), (D, second)):
        act(database, support_proposal, device, name)
    said = act(database, comment_on, D, first, "我也要", client_token="t")
    act(database, change_comment_status, OPERATOR, said, "published", reason="读过")
    before, was = shown(database, campaign), stored(database)

    made = join(database, kept, first, second, waiting)

    # B, C and A are authors now; of those who support, D alone is none.
    assert (made.supports, made.people) == (1, 3)
    after = shown(database, campaign)
    assert after["totals"] == after["counts"] == (2, 3)
    assert before["totals"] == (4, 2)
    assert (kept, 1) in after["list"]
    assert after["list"] == after["export"]
    assert after["by community"] == [3, 1, 0]
    assert sorted(after["hotspots"]) == [[1, 1], [1, 3]]
    assert after["comments"][kept] == 1
    assert len(after["pins"]) == 2
    with database.reading() as session:
        views = parts_of(session, OPERATOR, kept)
        assert {view.public_id: view.status for view in views} == {
            first: "published",
            second: "published",
            waiting: "held",
        }
        assert supported_by(session, D, [kept]) == {kept}
        assert queries.proposals_by_public_ids(session, [kept])[0].joined == 3

    part(database, waiting, second, first)
    assert stored(database) == was
    assert shown(database, campaign) == before


def test_any_order_of_merges_and_partings_leads_back(database: Database) -> None:
    """A model of rows that stay where they came, and of who is shown with whom."""

    class Families(RuleBasedStateMachine):
        names = Bundle("names")

        @initialize()
        def open_campaign(self) -> None:
            self.campaign = make_campaign(database, slug=f"c-{uuid4().hex}")
            self.author: dict[str, str] = {}
            self.into: dict[str, str] = {}
            self.status: dict[str, str] = {}
            self.former: dict[str, str] = {}
            self.supporters: dict[str, set[str]] = {}

        @rule(target=names, device=st.sampled_from("abc"))
        def file(self, device: str) -> str:
            name = file(database, self.campaign, Actor(device)).public_id
            self.author[name], self.supporters[name] = device, set()
            self.status[name] = "published"
            return name

        @rule(name=names, wanted=st.sampled_from(["held", "published", "hidden"]))
        def moderate(self, name: str, wanted: str) -> None:
            with suppress(WrongStateError):
                moderate(database, name, wanted)
                self.status[name] = wanted

        @rule(name=names, device=st.sampled_from("abcde"), on=st.booleans())
        def support(self, name: str, device: str, on: bool) -> None:
            head = self.head(name)
            family = self.family(head)
            allowed = self.status[head] == "published" and device not in {
                self.author[one] for one in family
            }
            action = support_proposal if on else unsupport_proposal
            found = None
            with suppress(NotAllowedError, NotFoundError):
                found = act(database, action, Actor(device), name)
            assert (found is not None) == allowed
            if not allowed:
                return
            if not on:
                for one in family:
                    self.supporters[one].discard(device)
            elif not any(device in self.supporters[one] for one in family):
                self.supporters[head].add(device)
            assert found == len(self.voices(head))

        @rule(keep=names, other=names)
        def merge(self, keep: str, other: str) -> None:
            allowed = (
                keep != other
                and self.status[keep] == "published"
                and self.status[other] in {"published", "held"}
            )
            try:
                made = join(database, keep, other)
            except LuJianError:
                assert not allowed
                return
            assert allowed
            self.former[other], self.status[other] = self.status[other], "merged"
            self.into[other] = keep
            family = self.family(keep)
            assert (made.supports, made.people) == (
                len(self.voices(keep)),
                len({self.author[one] for one in family}),
            )

        @rule(name=names)
        def unmerge(self, name: str) -> None:
            if name not in self.into:
                with pytest.raises(WrongStateError):
                    part(database, name)
                return
            part(database, name)
            self.stand_alone(name)

        @rule(name=names)
        def withdraw(self, name: str) -> None:
            device = Actor(self.author[name])
            if self.status[name] == "hidden":
                with pytest.raises(WrongStateError):
                    act(database, withdraw_proposal, device, name)
                return
            act(database, withdraw_proposal, device, name)
            if self.status[name] == "withdrawn":
                return
            for other, into in list(self.into.items()):
                if into != name:
                    continue
                if name in self.into:
                    self.into[other] = self.into[name]
                else:
                    self.stand_alone(other)
            self.into.pop(name, None)
            self.status[name] = "withdrawn"

        def stand_alone(self, name: str) -> None:
            del self.into[name]
            self.status[name] = self.former.pop(name)

        def head(self, name: str) -> str:
            while name in self.into:
                name = self.into[name]
            return name

        def family(self, head: str) -> list[str]:
            return [name for name in self.author if self.head(name) == head]

        def voices(self, head: str) -> set[str]:
            family = self.family(head)
            authors = {self.author[one] for one in family}
            return set().union(*(self.supporters[one] for one in family)) - authors

        @invariant()
        def all_agree(self) -> None:
            if not hasattr(self, "campaign"):
                return
            published = {n for n, state in self.status.items() if state == "published"}
            people = {self.author[n] for n in self.author if self.head(n) in published}
            with database.reading() as session:
                rows = session.scalars(
                    select(Proposal).where(Proposal.campaign_id == self.campaign.id)
                ).all()
                names = {row.id: row.public_id for row in rows}
                totals = sums_of(session, self.campaign.id)
                delta = pins(session, self.campaign.id)
            assert {row.public_id: row.status for row in rows} == self.status
            for row in rows:
                head = self.head(row.public_id)
                assert names.get(row.merged_into or row.id) == head
                if row.public_id == head:
                    assert row.supports == len(self.voices(head))
            assert (totals.proposals, totals.people) == (len(published), len(people))
            assert set(delta.public_ids.tolist()) == published

    run_state_machine_as_test(
        Families,
        settings=settings(max_examples=examples(24), stateful_step_count=30, deadline=None),
    )


def test_parting_in_any_order_gives_back_every_row(
    database: Database, campaign: CampaignView
) -> None:
    names = [
        file(database, campaign, Actor(f"p{n % 3}"), text=f"建议{n}").public_id for n in range(5)
    ]
    for number, name in enumerate(names):
        for device in ("p0", "p1", "x", "y")[: number % 4 + 1]:
            with suppress(NotAllowedError):
                act(database, support_proposal, Actor(device), name)
        act(database, comment_on, Actor("x"), name, "评论", client_token=f"t{number}")
        act(database, follows.follow_here, Actor("y"), name, language="en")
    for name in names[3:]:
        moderate(database, name, "held")
    was, before = stored(database), shown(database, campaign)

    @settings(max_examples=examples(20), deadline=None)
    @given(st.data())
    def merge_and_part(data: st.DataObject) -> None:
        joined: list[str] = []
        for _ in range(data.draw(st.integers(1, 4))):
            heads = [name for name in names if name not in joined]
            keep = data.draw(st.sampled_from([name for name in heads if name in names[:3]]))
            other = data.draw(st.sampled_from([name for name in heads if name != keep]))
            if set(names[:3]) <= {*joined, other}:
                continue  # the last that is shown stays
            join(database, keep, other)
            joined.append(other)
        for name in data.draw(st.permutations(joined)):
            part(database, name)
        assert stored(database) == was
        assert shown(database, campaign) == before

    merge_and_part()


def test_what_cannot_be_joined_is_refused_by_name(
    database: Database, campaign: CampaignView
) -> None:
    kept, other, third = (file(database, campaign, who).public_id for who in (A, B, C))
    hidden, gone, merged = (file(database, campaign, who).public_id for who in (A, B, C))
    moderate(database, hidden, "hidden")
    act(database, withdraw_proposal, B, gone)
    join(database, kept, merged)
    elsewhere = make_other(database)
    with database.reading() as session:
        old = queries.proposals_by_public_ids(session, [other])[0].updated
    moderate(database, other, "held", NOW + HOUR)
    refusals: list[tuple[tuple[str, ...], dict[str, Any], type[LuJianError], str]] = [
        ((kept,), {}, InvalidError, "other_ids"),
        ((kept, kept), {}, BadMergeError, "itself"),
        ((kept, elsewhere), {}, BadMergeError, "campaign"),
        ((kept, hidden), {}, WrongStateError, "hidden"),
        ((kept, gone), {}, WrongStateError, "withdrawn"),
        ((kept, merged), {}, WrongStateError, "merged"),
        ((merged, third), {}, WrongStateError, "merged"),
        ((other, third), {}, WrongStateError, "held"),
        ((kept, "nowhere2"), {}, NotFoundError, "nowhere2"),
        ((kept, other), {"seen": {other: old}}, StaleError, "held"),
        ((kept, third), {"reason": " "}, EmptyTextError, ""),
    ]
    was = stored(database)
    for names, more, error, told in refusals:
        with pytest.raises(error) as caught:
            join(database, *names, **more)
        assert told in "".join(map(str, caught.value.params.values())), names
    for name in (kept, hidden, "nowhere2"):
        with pytest.raises((WrongStateError, NotFoundError)):
            part(database, name)
    with pytest.raises(InvalidError):
        part(database)
    assert stored(database) == was


def make_other(database: Database) -> str:
    number = act(database, create_campaign, OPERATOR, new_campaign(slug="other"))
    with database.reading() as session:
        return file(database, queries.campaign_by_id(session, number), A).public_id


WEST, EAST = "110108017001", "110108017003"


def local(role: Role, code: str) -> Actor:
    return Actor("desk", frozenset({Grant(role, Reach.COMMUNITY, code, "2020")}))


def test_reach_must_cover_everyone_involved(database: Database, campaign: CampaignView) -> None:
    west, east, west_too = (
        file(database, campaign, who, longitude=x).public_id
        for who, x in ((A, 116.31), (B, 116.33), (C, 116.31))
    )
    both = local(Role.SOCIAL_WORKER, WEST)
    both = Actor("desk", both.grants | local(Role.SOCIAL_WORKER, EAST).grants)
    west_only = local(Role.SOCIAL_WORKER, WEST)
    may = {Role.SOCIAL_WORKER, Role.SUBDISTRICT_OFFICER, Role.ADMINISTRATOR}
    for role in set(Role) - may:
        for actor in (Actor("x", everywhere(role)), local(role, WEST)):
            with pytest.raises(NotAllowedError):
                join(database, west, west_too, actor=actor)
            with database.reading() as session, pytest.raises(NotAllowedError):
                parts_of(session, actor, west)
    for actor in (A, Actor(), local(Role.SOCIAL_WORKER, EAST)):
        with pytest.raises(NotAllowedError):
            join(database, west, west_too, actor=actor)
    for pair in ((west, east), (east, west)):
        with pytest.raises(NotAllowedError):
            join(database, *pair, actor=west_only)
    join(database, west, west_too, actor=west_only)
    join(database, west, east, actor=both)
    for name in (west_too, east):
        with pytest.raises((NotAllowedError, NotFoundError)):
            part(database, name, actor=local(Role.SOCIAL_WORKER, EAST))
    with pytest.raises(NotFoundError):  # merged into another's, in a community that is not theirs
        part(database, east, actor=west_only)
    with database.reading() as session:
        assert [view.public_id for view in parts_of(session, west_only, west)] == [west_too]
    for role in may:
        part(database, west_too, actor=local(role, WEST))
        join(database, west, west_too, actor=Actor("x", everywhere(role)))


def test_what_comes_meanwhile_stays_with_the_kept_one(
    database: Database, campaign: CampaignView
) -> None:
    kept, other = (file(database, campaign, who).public_id for who in (A, B))
    act(database, support_proposal, C, other)
    join(database, kept, other)
    assert act(database, support_proposal, D, other) == 2  # on a page from before the merge
    said = act(database, comment_on, D, other, "也是我", client_token="t")
    act(database, change_comment_status, OPERATOR, said, "published", reason="读过")
    assert act(database, unsupport_proposal, C, kept) == 1
    for author in (A, B):
        with pytest.raises(NotAllowedError):
            act(database, support_proposal, author, kept)
    assert act(database, report, C, kept, comment_id=said, reason="insult")
    part(database, other)
    with database.reading() as session:
        views = {view.public_id: view for view in list_proposals(session, campaign).items}
        assert (views[kept].supports, views[other].supports) == (1, 0)
        assert [len(comments_of(session, name)) for name in (kept, other)] == [1, 0]
        assert [one.public_id for one in open_reports(session, OPERATOR)] == [kept]


def test_an_author_reads_the_fate_of_the_kept_one_and_may_leave(
    database: Database, campaign: CampaignView
) -> None:
    kept, other = (file(database, campaign, who).public_id for who in (A, B))
    join(database, kept, other, now=NOW + HOUR)
    act(database, tell_step, OPERATOR, [kept], "decided", "修", by="清河街道", now=NOW + 2 * HOUR)

    def way(who: Actor, name: str) -> list[str]:
        with database.reading() as session:
            view = queries.proposal_for(session, name, who)
        return [m.kind for m in timeline(database, campaign, view, who) if m.at is not None]

    assert way(B, other) == ["received", "published", "merged", "decided"]
    assert way(C, kept) == ["received", "published", "joined", "decided"]
    with database.reading() as session:
        mine = own_proposal(session, B, other)
        assert (mine.kept, mine.kept_stage, mine.withdrawable) == (kept, "decided", True)
        assert joined_with(session, other) == kept
        with pytest.raises(NotFoundError):
            queries.proposal_for(session, other, C)
    moderate(database, kept, "hidden", NOW + 3 * HOUR)
    with database.reading() as session:
        assert (joined_with(session, other), own_proposal(session, B, other).kept) == (None, None)
    assert way(B, other)[-1] == "hidden"
    moderate(database, kept, "published", NOW + 4 * HOUR)
    act(database, withdraw_proposal, B, other, now=NOW + 5 * HOUR)
    assert shown(database, campaign)["totals"] == (1, 1)
    with database.reading() as session:
        assert joined_with(session, other) is None


def test_what_was_never_shown_is_not_told_to_the_public(
    database: Database, campaign: CampaignView
) -> None:
    kept, waiting = (file(database, campaign, who, text=t).public_id
                     for who, t in ((A, "甲的话"), (B, "乙的话")))  # fmt: skip
    held = file(database, campaign, C, text="见 http://a.cn http://b.cn http://c.cn").public_id
    join(database, kept, waiting, held)
    with database.reading() as session:
        assert joined_with(session, held) is None
        assert joined_with(session, waiting) == kept
    with pytest.raises(NotFoundError):
        act(database, support_proposal, D, held)
    with pytest.raises(NotFoundError):
        act(database, follows.follow_here, D, held, language="en")


class Postman:
    """Delivers what is due, and keeps to whom went what."""

    def __init__(self, database: Database) -> None:
        self._office = PostOffice(
            database, SEALER, {ContactKind.EMAIL: self}, letter, wanted=still_wanted
        )
        self.bag: list[Parcel] = []

    def send(self, parcel: Parcel, *, now: Any) -> DeliveryOutcome:
        self.bag.append(parcel)
        return DeliveryOutcome(DeliveryVerdict.SENT)

    def __call__(self) -> list[tuple[str, str]]:
        self.bag.clear()
        self._office.run_once(NOW + 9 * HOUR)
        return sorted((parcel.address, parcel.letter.subject) for parcel in self.bag)


def test_all_concerned_are_told_once(database: Database, campaign: CampaignView) -> None:
    kept, other = (file(database, campaign, who).public_id for who in (A, B))
    post = Postman(database)
    for name, address in ((kept, "kept@x.cn"), (other, "other@x.cn"), (kept, "both@x.cn"),
                          (other, "both@x.cn")):  # fmt: skip
        act(database, follows.follow_by_post, C, SEALER, name, address,
            consent=True, language="en", base=BASE)  # fmt: skip
    post()
    with database.reading() as session:
        tokens = [m.params["follow"] for m in session.scalars(select(Message))]
    for token in tokens:
        act(database, follows.confirm, token, base=BASE)
    act(database, follows.follow_here, D, other, language="en")
    post()

    join(database, kept, other)
    joined = "LuJian: The proposal you follow was joined with another"
    assert post() == [
        ("both@x.cn", joined),
        ("kept@x.cn", "LuJian: Others ask for the same as the proposal you follow"),
        ("other@x.cn", joined),
    ]
    assert all(f"/w/p/{kept}?" in parcel.letter.body for parcel in post.bag)
    with database.reading() as session:
        assert follows.followed(session, D) == [kept]
    act(database, tell_step, OPERATOR, [kept], "built", "好了", by="清河街道")
    news = "LuJian: News of the proposal you follow"
    assert post() == [(address, news) for address in ("both@x.cn", "kept@x.cn", "other@x.cn")]

    part(database, other)
    alone = "LuJian: The proposal you follow stands on its own again"
    assert post() == [("both@x.cn", alone), ("other@x.cn", alone)]
    with database.reading() as session:
        assert follows.followed(session, D) == [other]
    # Joined and parted before the post has gone: nobody is told of what is so no more.
    join(database, kept, other, now=NOW + HOUR)
    part(database, other, now=NOW + 2 * HOUR)
    assert ("other@x.cn", joined) not in post()


def test_the_trail_keeps_who_into_what_and_why(database: Database, campaign: CampaignView) -> None:
    kept, other = (file(database, campaign, who).public_id for who in (A, B))
    worker = Actor("desk", everywhere(Role.SOCIAL_WORKER))
    join(database, kept, other, actor=worker)
    part(database, other, actor=worker)
    told = [(e.action, e.details, e.actor_key) for e in trail(
        database, "merged", "joined", "unmerged", "parted")]  # fmt: skip
    assert told == [
        ("merged", {"from": "published", "into": kept, "reason": "同一件事"}, worker.key),
        ("joined", {"others": [other], "reason": "同一件事"}, worker.key),
        ("unmerged", {"to": "published", "out_of": kept, "reason": "不是一件事"}, worker.key),
        ("parted", {"part": other, "reason": "不是一件事"}, worker.key),
    ]


def test_photos_are_shown_with_the_kept_one(
    database: Database, campaign: CampaignView, tmp_path: Path,
    photo: Callable[[Actor], str],
) -> None:  # fmt: skip
    mine, theirs = photo(A), photo(B)
    kept = file(database, campaign, A, photos=[mine]).public_id
    other = file(database, campaign, B, photos=[theirs]).public_id
    for name in (mine, theirs):
        act(database, change_photo_status, OPERATOR, name, "published", reason="看过")
    join(database, kept, other)
    with database.reading() as session:
        ids = {row.public_id: row.id for row in session.scalars(select(Proposal))}
        assert [p.name for p in photos_of(session, [ids[kept]])[ids[kept]]] == [mine, theirs]
        assert photo_file(session, theirs, D) is not None
    moderate(database, kept, "hidden")
    with database.reading() as session:
        assert photo_file(session, theirs, D) is None
        assert photos_of(session, [ids[kept]]) == {}
    part(database, other)
    with database.reading() as session:
        assert photo_file(session, theirs, D) is not None
        assert photo_file(session, mine, D) is None


@pytest.fixture
def photo(database: Database, tmp_path: Path) -> Callable[[Actor], str]:
    """Give a way to send a photo from a device."""
    store = open_store(tmp_path / "photos")

    def send(actor: Actor) -> str:
        image = BytesIO()
        Image.new("RGB", (8, 6), "red").save(image, "PNG")
        return take_photo(database, store, actor, image.getvalue(), now=NOW)[0]

    return send
