"""Photos of proposals: who may send, bind, see and hide them, and what becomes of the rest."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image
from sqlalchemy import select, update

from commands.submissions import main
from core.database import Database
from core.errors import (
    BadPhotoError,
    EmptyTextError,
    InvalidError,
    LuJianError,
    NotAllowedError,
    NotFoundError,
    WrongStateError,
)
from moderation.changes import change_status
from people.access.actor import OPERATOR, Actor, Role, everywhere
from people.audit.models import AuditEntry
from submissions.participation import photo_upkeep, photos
from submissions.participation.filing import file_proposal
from submissions.participation.models import Photo
from submissions.participation.photos import PhotoView
from submissions.participation.proposal_draft import DraftProposal
from submissions.photos.storage import PhotoStore, new_name, open_store
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView
from tests.conftest import NOW

RESIDENT, NEIGHBOUR, NOBODY = Actor("resident"), Actor("neighbour"), Actor()
DESK = Actor("desk", everywhere(Role.SOCIAL_WORKER))
STATES = ("waiting", "published", "hidden")


def picture(width: int = 8) -> bytes:
    file = BytesIO()
    Image.new("RGB", (width, 6), "red").save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def store(tmp_path: Path) -> PhotoStore:
    return open_store(tmp_path / "photos")


class Desk:
    """Does things to photos in a database, in few words."""

    def __init__(self, database: Database, store: PhotoStore) -> None:
        self.database, self.store = database, store

    def send(self, actor: Actor = RESIDENT, now: datetime = NOW, width: int = 8) -> str:
        data = picture(width)
        return photos.take_photo(self.database, self.store, actor, data, now=now)[0]

    def file(self, campaign: CampaignView, actor: Actor = RESIDENT) -> int:
        draft = DraftProposal(uuid4().hex, 116.31, 40.03, "bike_parking", "文字", "lives")
        public_id = self.database.write(
            lambda s: file_proposal(s, actor, campaign.id, draft, now=NOW)
        ).public_id
        with self.database.reading() as session:
            return session.scalars(select(Proposal.id).where(Proposal.public_id == public_id)).one()

    def attach(self, proposal: int, *names: str, actor: Actor = RESIDENT, most: int = 3) -> None:
        self.database.write(lambda s: photos.attach(s, actor, proposal, names, most=most))

    def change(self, name: str, status: str, actor: Actor = DESK, reason: str = "因") -> None:
        self.database.write(
            lambda s: photos.change_photo_status(s, actor, name, status, reason=reason, now=NOW)
        )

    def turn(self, proposal: int, status: str) -> None:
        """Put a proposal into a state, whatever may follow what."""
        with self.database.reading() as session:
            public_id = session.scalars(
                select(Proposal.public_id).where(Proposal.id == proposal)
            ).one()
        self.database.write(
            lambda s: change_status(s, DESK, public_id, status, reason="因", now=NOW)
        )

    def bound(self) -> dict[str, int | None]:
        with self.database.reading() as session:
            return dict(session.execute(select(Photo.name, Photo.proposal_id)).all())

    def seen(self, actor: Actor | None, *proposals: int) -> dict[int, list[PhotoView]]:
        with self.database.reading() as session:
            return photos.photos_of(session, proposals, actor=actor)

    def may_have(self, name: str, actor: Actor) -> bool:
        with self.database.reading() as session:
            return photos.photo_file(session, name, actor) is not None


@pytest.fixture
def desk(database: Database, store: PhotoStore) -> Desk:
    return Desk(database, store)


def refused(problem: str, act: Callable[..., Any], *arguments: Any, **named: Any) -> None:
    with pytest.raises(BadPhotoError) as caught:
        act(*arguments, **named)
    assert caught.value.params["problem"] == problem


def test_a_photo_is_kept_with_its_bytes_and_nothing_of_its_place(desk: Desk) -> None:
    name, clean = photos.take_photo(desk.database, desk.store, RESIDENT, picture(), now=NOW)
    assert desk.store.read(name) == clean.jpeg
    assert desk.store.read(name, thumbnail=True) == clean.thumbnail
    with desk.database.reading() as session:
        row = session.scalars(select(Photo)).one()
        entries = session.scalars(select(AuditEntry)).all()
    kept = {column.key: getattr(row, column.key) for column in Photo.__table__.columns}
    assert kept == {
        "id": row.id,
        "name": name,
        "proposal_id": None,
        "owner_key": RESIDENT.key,
        "status": "waiting",
        "width": 8,
        "height": 6,
        "size": len(clean.jpeg),
        "digest": clean.digest,
        "created": NOW,
        "file": None,
        "phash": row.phash,
    }
    assert [(e.action, e.actor_key, e.campaign_id) for e in entries] == [
        ("photo_kept", RESIDENT.key, None)
    ]


def test_a_device_sends_twelve_until_it_files(
    desk: Desk, campaign: CampaignView, tmp_path: Path
) -> None:
    names = [desk.send() for _ in range(12)]
    refused("too_many", desk.send)
    assert len(list((tmp_path / "photos").iterdir())) == 24  # the thirteenth left no bytes
    desk.send(NEIGHBOUR)
    desk.attach(desk.file(campaign), names[0])
    desk.send()
    refused("too_many", desk.send)
    with pytest.raises(NotAllowedError):
        desk.send(NOBODY)


def test_photos_are_bound_once_to_one_proposal_of_their_own_device(
    desk: Desk, campaign: CampaignView
) -> None:
    one, two, three, four = (desk.send() for _ in range(4))
    theirs, hidden = desk.send(NEIGHBOUR), desk.send()
    desk.change(hidden, "hidden")
    first, second = desk.file(campaign), desk.file(campaign)
    desk.attach(first)
    desk.attach(first, one, two, one)
    desk.attach(first, two, one)
    before = desk.bound()
    assert {name for name, proposal in before.items() if proposal == first} == {one, two}
    for names in ((one,), (theirs,), (three, theirs), (new_name(),), ("",), (hidden,)):
        refused("gone", desk.attach, second, *names)
    refused("gone", desk.attach, second, three, actor=NEIGHBOUR)
    refused("gone", desk.attach, second, three, actor=NOBODY)
    refused("too_many", desk.attach, first, three, four)
    refused("too_many", desk.attach, second, one, two, three, four)
    refused("too_many", desk.attach, second, three, most=0)
    assert desk.bound() == before
    desk.attach(first, three)
    refused("too_many", desk.attach, first, four)


def test_ones_own_photo_goes_unless_filed(desk: Desk, campaign: CampaignView) -> None:
    name, filed = desk.send(), desk.send()
    desk.attach(desk.file(campaign), filed)

    def drop(actor: Actor, name: str) -> str:
        return desk.database.write(lambda s: photos.drop_photo(s, actor, name, now=NOW))

    refusals = [(NEIGHBOUR, name), (NOBODY, name), (RESIDENT, filed), (RESIDENT, new_name())]
    for actor, which in refusals:
        with pytest.raises(NotFoundError):
            drop(actor, which)
    assert drop(RESIDENT, name) == name
    assert set(desk.bound()) == {filed}


@pytest.mark.parametrize("proposal_status", ["published", "held", "hidden"])
@pytest.mark.parametrize("status", STATES)
def test_who_sees_a_photo(
    desk: Desk, campaign: CampaignView, status: str, proposal_status: str
) -> None:
    """Written out: the public sees one of nine; the owner six; moderators fetch all."""
    name, proposal = desk.send(), desk.file(campaign)
    desk.attach(proposal, name)
    if status != "waiting":
        desk.change(name, status)
    if proposal_status != "published":
        desk.turn(proposal, proposal_status)
    public, own = (status, proposal_status) == ("published", "published"), status != "hidden"
    view = {proposal: [PhotoView(name, 8, 6, status == "waiting")]}
    for actor in (None, NOBODY, NEIGHBOUR, Actor("")):
        assert desk.seen(actor, proposal) == (view if public else {})
        assert actor is None or desk.may_have(name, actor) == public
    assert desk.seen(RESIDENT, proposal) == (view if own else {})
    assert desk.may_have(name, RESIDENT) == own
    assert desk.may_have(name, DESK)
    planner = Actor("p", everywhere(Role.COMMUNITY_PLANNER))
    assert desk.may_have(name, planner) == public


def test_a_photo_that_is_not_filed_is_its_owners(desk: Desk) -> None:
    name = desk.send()
    desk.change(name, "published")
    assert not desk.may_have(name, NEIGHBOUR)
    assert desk.may_have(name, RESIDENT)
    assert not desk.may_have(new_name(), DESK)


def test_photos_come_by_proposal_in_the_order_sent(desk: Desk, campaign: CampaignView) -> None:
    names = [desk.send(width=width) for width in (1, 2, 3)]
    first, second, third = (desk.file(campaign) for _ in range(3))
    desk.attach(first, names[2], names[0])
    desk.attach(second, names[1])
    for name in names:
        desk.change(name, "published")
    found = desk.seen(None, third, second, first, 10**9, *range(10**6, 10**6 + 1200))
    assert {key: [view.width for view in views] for key, views in found.items()} == {
        first: [1, 3],
        second: [2],
    }
    assert desk.seen(None) == {}


def test_moderation_is_refused_or_recorded(desk: Desk, campaign: CampaignView) -> None:
    name, proposal = desk.send(), desk.file(campaign)
    desk.attach(proposal, name)
    refusals: list[tuple[tuple[Any, ...], type[LuJianError]]] = [
        ((name, "hidden", RESIDENT), NotAllowedError),
        ((new_name(), "hidden", NEIGHBOUR), NotAllowedError),
        ((new_name(), "hidden"), NotFoundError),
        ((name, "gone"), InvalidError),
        ((name, "waiting"), WrongStateError),
        ((name, "hidden", DESK, "  "), EmptyTextError),
    ]
    for role in set(Role) - {Role.SOCIAL_WORKER, Role.SUBDISTRICT_OFFICER, Role.ADMINISTRATOR}:
        refusals.append(((name, "hidden", Actor("x", everywhere(role))), NotAllowedError))
    for arguments, error in refusals:
        with pytest.raises(error):
            desk.change(*arguments)
    steps = ("published", "hidden", "published")
    for status in steps:
        desk.change(name, status, reason=f" {status}\n")
        with pytest.raises(WrongStateError):
            desk.change(name, status)
    with desk.database.reading() as session:
        entries = session.scalars(
            select(AuditEntry)
            .where(AuditEntry.action == "photo_status_changed")
            .order_by(AuditEntry.id)
        ).all()
    assert {(e.actor_key, e.campaign_id, e.proposal_id) for e in entries} == {
        (DESK.key, campaign.id, proposal)
    }
    assert [e.details for e in entries] == [
        {"photo": name, "from": before, "to": after, "reason": after}
        for before, after in zip(("waiting", *steps), steps, strict=False)
    ]


def test_moderators_list_what_waits_and_nothing_that_nobody_filed(
    desk: Desk, campaign: CampaignView
) -> None:
    late, early, unfiled = desk.send(now=NOW + timedelta(hours=1)), desk.send(), desk.send()
    desk.attach(desk.file(campaign), late, early)
    with desk.database.reading() as session:
        queue = photos.photo_queue(session, DESK)
        assert [photo.name for photo in queue] == [early, late]
        assert photos.photo_queue(session, DESK, status="hidden") == []
        assert len(photos.photo_queue(session, DESK, most=1)) == 1
        with pytest.raises(NotAllowedError):
            photos.photo_queue(session, RESIDENT)
    assert unfiled in desk.bound()


def test_the_sweep_takes_what_nobody_files_and_stray_bytes(
    desk: Desk, campaign: CampaignView, tmp_path: Path
) -> None:
    real = datetime.now(UTC)
    forgotten, filed = desk.send(now=real), desk.send(now=real)
    fresh = desk.send(now=real + timedelta(hours=40))
    desk.attach(desk.file(campaign), filed)
    stray = new_name()
    desk.store.put(stray, b"jpeg", b"small")
    (tmp_path / "photos" / "README").write_text("not ours")

    assert photo_upkeep.sweep(desk.database, desk.store, real + timedelta(hours=47)) == 0
    assert set(desk.bound()) == {forgotten, filed, fresh}
    assert desk.store.read(stray) == b"jpeg"

    assert photo_upkeep.sweep(desk.database, desk.store, real + timedelta(hours=49)) == 2
    assert set(desk.bound()) == {filed, fresh}
    left = {path.name.removesuffix(".jpg") for path in (tmp_path / "photos").iterdir()}
    assert left == {filed, f"{filed}-small", fresh, f"{fresh}-small", "README"}

    assert photo_upkeep.sweep(desk.database, desk.store, real + timedelta(days=9)) == 1
    assert set(desk.bound()) == {filed}
    with desk.database.reading() as session:
        swept = select(AuditEntry.details).where(AuditEntry.action == "photos_swept")
        assert session.scalars(swept).all() == [{"photos": 1}, {"photos": 1}]


def test_the_command_line_moderates(
    desk: Desk,
    campaign: CampaignView,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    name, proposal = desk.send(), desk.file(campaign)
    desk.attach(proposal, name)
    url = desk.database.url.render_as_string(hide_password=False)

    class Here:
        sqlalchemy_url = url

    monkeypatch.setattr("commands.submissions.get_settings", Here)

    def run(*words: str) -> tuple[int, str]:
        code = main(["photos", *words])
        told = capsys.readouterr()
        return code, told.out + told.err

    assert name in run("list")[1]
    assert run("publish", name, "--reason", "好") == (0, f"{name} is published\n")
    assert run("list") == (0, "")
    assert name in run("list", "--status", "published")[1]
    assert run("publish", name, "--reason", "好")[0] == 2
    assert run("hide", name, "--reason", "有人脸") == (0, f"{name} is hidden\n")
    assert not desk.may_have(name, RESIDENT)
    with desk.database.reading() as session:
        actors = select(AuditEntry.actor_key).where(AuditEntry.action == "photo_status_changed")
        assert set(session.scalars(actors)) == {OPERATOR.key}


def test_photos_get_their_hash_when_sent_and_older_ones_later(
    database: Database, store: PhotoStore
) -> None:
    desk = Desk(database, store)
    names = [desk.send(), desk.send(width=9)]
    with database.reading() as session:
        given = dict(session.execute(select(Photo.name, Photo.phash)).all())
    assert all(value and len(value) == 16 for value in given.values())
    database.write(lambda s: s.execute(update(Photo).values(phash=None)) and None)
    store.delete(names[1])  # bytes that are gone hinder no other
    assert photo_upkeep.hash_photos(database, store) == 1
    assert photo_upkeep.hash_photos(database, store) == 0
    with database.reading() as session:
        found = dict(session.execute(select(Photo.name, Photo.phash)).all())
    assert found == {names[0]: given[names[0]], names[1]: None}
