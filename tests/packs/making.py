"""A world for packs: proposals around a place, all sorts of things that must never leave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import shapely
from PIL import Image
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from core.database import Database
from core.settings import Settings
from deliberation.models import Topic, TopicProposal
from geo.writing.styling import LayerStyle
from layers.manage import show_layer, version_of
from layers.models import UploadedLayer
from layers.read_upload import read_file
from layers.visibility import Shown
from moderation.notes import add_note
from notifications.contacts import Sealer
from packs.building.worker import PackBuilder
from packs.packs import make_pack, pack_row
from packs.sources import topic_source
from packs.storage import PackFiles
from packs.versions import VersionView, add_version, versions
from people.access.actor import OPERATOR, Actor, Role
from submissions.participation.comments import comment_on
from submissions.participation.models import Photo
from submissions.participation.photos import change_photo_status, take_photo
from submissions.photos.storage import PhotoStore, open_store
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView
from tests.conftest import NOW, make_campaign
from tests.layers.sending import geojson, kept
from tests.people.acting import new_account
from tests.submissions.acting import AUTHOR, act, file, moderate
from tests.web.acting import QUESTIONS, picture

#: What was planted where only the office or nobody may read it.
PHONE, MAIL, NAME, HELD = "13812345678", "li.ming@example.org", "赵钱孙李", "没有公开的话"
NOTE, COMMENT, PLANNER, CAMERA = "内部备注勿外传", "没看过的评论", "规划师王某某", "PlantedCamera9"
SECRETS = (PHONE, MAIL, NAME, HELD, NOTE, COMMENT, PLANNER, CAMERA)
KEY = "k" * 40
ANSWERS: dict[str, Any] = {"when": "evening", "wishes": [], "name": NAME}


@dataclass
class Made:
    """A pack of a topic, and what makes its versions."""

    database: Database
    campaign: CampaignView
    store: PhotoStore
    files: PackFiles
    settings: Settings
    topic: int
    ids: list[str]
    office: Actor
    id: int = 0

    def build(self, **more: Any) -> VersionView:
        """Make what waits; return the latest version."""
        builder = PackBuilder(self.database, self.store, self.files, self.settings, **more)
        assert builder.run_once(NOW) == 1
        return self.latest()

    def latest(self) -> VersionView:
        with self.database.reading() as session:
            return versions(session, self.id)[0]

    def again(self) -> VersionView:
        """Order the next version and make it."""
        self.change(add_version)
        return self.build()

    def change(self, action: Any, *given: Any, **named: Any) -> Any:
        """Do something with the pack's row."""

        def do(session: Session, now: Any) -> Any:
            pack = pack_row(session, self.office, self.id)
            return action(session, self.office, pack, *given, now=now, **named)

        return act(self.database, do)


def planted(database: Database, folder: Path) -> Made:
    """Store a campaign with 12 proposals of 9 people around a place, and secrets; no pack yet."""
    campaign = make_campaign(database, questions=QUESTIONS, asks_contact=True)
    store = open_store(folder / "photos")
    ids = []
    for n in range(12):
        told = {**ANSWERS, "wishes": ["seats", "shade"][: 1 + n % 2]}
        ids.append(
            file(
                database,
                campaign,
                Actor(f"device {n % 9}"),
                now=NOW + timedelta(minutes=n),
                text=f"第{n}条：这里要有座椅和遮阳的地方",
                longitude=116.31 + 0.0001 * (n % 4),
                latitude=40.03 + 0.0001 * (n // 4),
                answers=told,
            ).public_id
        )
    more(database, campaign, "far", text="远处的一条", longitude=116.33)
    hidden = more(database, campaign, "hider", text=HELD, latitude=40.0301)
    moderate(database, hidden, "hidden")
    account = new_account(database, Role.COMMUNITY_PLANNER, name=PLANNER)
    office = Actor(grants=OPERATOR.grants, account_id=account, name=PLANNER)
    act(database, add_note, office, ids[0], NOTE)
    act(database, comment_on, AUTHOR, ids[0], COMMENT, client_token="c")
    _say_a_number(database, ids[1])
    _photograph(database, store, ids[2])
    _layers(database)
    topic = _topic(database, campaign, ids[:8])
    settings = Settings(var_dir=folder, secret_key=KEY, office_name="清河街道办事处")
    return Made(
        database, campaign, store, PackFiles(folder / "packs"), settings, topic, ids, office
    )


def more(database: Database, campaign: CampaignView, device: str, **changes: Any) -> str:
    """File one more proposal at the place; return its public id."""
    told = {"text": f"再来一条，{device}", "longitude": 116.3102, "answers": ANSWERS}
    return file(database, campaign, Actor(device), **{**told, **changes}).public_id


def with_pack(made: Made, **changes: Any) -> Made:
    """Make the pack of the topic; its first version waits."""
    given = {"title": "微公园", "system": "EPSG:4548", "language": "zh_CN", "token": "t" * 20}

    def make(session: Any, now: Any) -> int:
        source = topic_source(session, made.office, made.topic)
        return make_pack(session, made.office, source, now=now, **{**given, **changes})

    made.id = act(made.database, make)
    return made


def sealer() -> Sealer:
    return Sealer([KEY])


def receipts(database: Database) -> list[str]:
    """Return what only authors and the database know: codes, hashed devices."""
    with database.reading() as session:
        rows = session.execute(select(Proposal.receipt, Proposal.author_key)).all()
        return [value for row in rows for value in row if value]


def _say_a_number(database: Database, public_id: str) -> None:
    """Let a published text hold a phone number and an address, as an import may have brought it."""
    text = f"这里要有座椅，请联系{PHONE}或{MAIL}"
    change = update(Proposal).where(Proposal.public_id == public_id).values(text=text)
    database.write(lambda session: session.execute(change) and None)


def _photograph(database: Database, store: PhotoStore, public_id: str) -> None:
    """Give a proposal an approved photo whose file, unlike others, still has its metadata."""
    name, _ = take_photo(database, store, AUTHOR, picture(), now=NOW)
    proposal = select(Proposal.id).where(Proposal.public_id == public_id).scalar_subquery()
    tie = update(Photo).where(Photo.name == name).values(proposal_id=proposal)
    database.write(lambda session: session.execute(tie) and None)
    act(database, change_photo_status, OPERATOR, name, "published", reason="好")
    exif = Image.Exif()
    exif[0x010F] = CAMERA
    body = BytesIO()
    Image.open(BytesIO(picture())).save(body, "JPEG", exif=exif, comment=CAMERA.encode())
    store.put(name, body.getvalue(), body.getvalue())


def _layers(database: Database) -> None:
    """Load a layer for everybody, of which one column is public, and one for the desk alone."""
    here = shapely.box(116.3100, 40.0299, 116.3102, 40.0300)
    for token, shown in (("open", Shown.PUBLIC), ("inner", Shown.DESK)):
        data = geojson(here, name="花坛", width=3, keeper=NAME, note=NOTE)
        read = read_file("a.geojson", data)
        said = {"title_zh": "花坛" if token == "open" else NOTE, "source": "园林局"}
        made = database.write(lambda s, r=read, t=token, w=said: kept(s, read=r, token=t, **w))
        database.write(lambda s, m=made: _tell(s, m))
        act(database, _show, made, shown)


def _tell(session: Session, layer_id: int) -> None:
    layer = session.get_one(UploadedLayer, layer_id)
    fields = [{"name": f["name"], "public": f["name"] in {"name", "width"}} for f in layer.fields]
    layer.fields, layer.style = fields, LayerStyle.single("#123456").to_json()


def _show(session: Session, layer_id: int, shown: str, *, now: Any) -> None:
    version = version_of(session.get_one(UploadedLayer, layer_id))
    show_layer(session, OPERATOR, layer_id, shown, version=version, now=now)


def _topic(database: Database, campaign: CampaignView, public_ids: list[str]) -> int:
    row = {
        "token": "topic",
        "campaign_id": campaign.id,
        "title": "小营路口的微公园",
        "note": NOTE,
        "origin": "hotspot",
        "hotspot_id": "h" + "0" * 12,
        "query": "",
        "figures": {"people": 8, "proposals": 8},
        "community_code": None,
        "edition": campaign.edition,
        "outline": shapely.box(116.3099, 40.0299, 116.3105, 40.0303),
        "by": PLANNER,
        "created": NOW,
    }

    def store(session: Any) -> int:
        topic: int = session.scalar(insert(Topic).values(row).returning(Topic.id))
        for one in session.scalars(select(Proposal.id).where(Proposal.public_id.in_(public_ids))):
            session.execute(insert(TopicProposal).values(topic_id=topic, proposal_id=one))
        return topic

    return database.write(store)


def rows_of(database: Database, table: Any) -> int:
    """Count the rows of a table."""
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0
