"""Every address that is for staff, and what it takes to be let in: the pages and the API alike.

Whoever adds an address below /w/desk adds it here: a test fails on one that is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from layers.background.base_map import BaseMapChoice
from people.access.permissions import Act
from people.office.office import Office
from submissions.proposals.states import Status
from tests.world import Thing, World

Names = Callable[[World, Thing], dict[str, Any]]


@dataclass(frozen=True)
class Outlet:
    """An address, with the names in it in braces; ``acts``: it takes one of these.

    ``about``: as in ``tests.world.REACHES``, or ``somewhere``; ``around``: a campaign in which
    there may be something to do. ``data`` is sent with a form, its names filled in, too.
    ``shown``: it is about what is shown alone, also for those who moderate; ``unshown``: about
    what is not. ``by_device``: for people alone, as what it makes belongs to a device, and a
    program with a token has none.
    """

    method: str
    address: str
    acts: tuple[Act, ...]
    about: str
    data: dict[str, str] = field(default_factory=dict)
    shown: bool = False
    name: str = ""
    by_device: bool = False
    unshown: bool = False

    @property
    def title(self) -> str:
        """What it is called."""
        return f"{self.method} {self.name or self.address}"

    def filled(self, world: World, thing: Thing) -> tuple[str, dict[str, str]]:
        """Return the address and the form for a thing of the world."""
        names = names_of(world, thing)
        return self.address.format(**names), {k: v.format(**names) for k, v in self.data.items()}


def names_of(world: World, thing: Thing) -> dict[str, Any]:
    """Return what stands in addresses and forms."""
    return {
        "id": thing.public_id,
        "comment": thing.comment,
        "report": thing.report,
        "photo": thing.photo,
        "change": thing.change,
        "assignment": thing.assignment,
        "slug": world.campaign.slug,
        "number": world.campaign.id,
        "draft": world.draft,
        "beside": world.beside,
        "colleague": world.colleague,
        "term": world.colleague_appointment,
        "job": world.job,
        "template": world.template,
        "topic": world.topic,
        "scenario": world.scenario,
        "view": world.view,
        "observed": world.observed,
        "layer": world.layer,
        "hook": world.hook,
        "pack": world.pack,
        "link": world.link,
        "question": world.question,
        "scheme": world.scheme,
    }


WHY = {"reason": "理由"}
SEEN = {"seen": "2026-05-01T12:00:00+00:00"}
QUEUE = "/w/desk/queue/{id}"
#: The lists of the queue but that of all.
QUEUE_TABS = (
    "new",
    "held",
    "unreviewed",
    "photos",
    "comments",
    "reported",
    "places",
    "duplicates",
    "mine",
)
DESK, MODERATE, MERGE = (Act.SEE_DESK,), (Act.MODERATE,), (Act.MERGE,)
CAMPAIGN, ACCOUNTS, AUDIT = (Act.MAKE_CAMPAIGN,), (Act.MANAGE_ACCOUNTS,), (Act.SEE_AUDIT,)
OFFICE, NO_OFFICE = (Act.MANAGE_OFFICE,), Office().version
MANY = (Act.MODERATE, Act.ANSWER, Act.ASSIGN)


def _verb(verb: str, acts: tuple[Act, ...], shown: bool = False, /, **data: str) -> Outlet:
    return Outlet("POST", f"{QUEUE}/{verb}", acts, "proposal", data, shown)


OF_PROPOSALS = [
    Outlet("GET", QUEUE, DESK, "proposal"),
    _verb("status", MODERATE, status="hidden", **WHY, **SEEN),
    _verb("correct", MODERATE, category="bike_parking", **WHY, **SEEN),
    _verb("redact", MODERATE, span="0-2", **WHY, **SEEN),
    _verb("look", MODERATE, **SEEN),
    _verb("undo", MODERATE, change="{change}", **WHY),
    _verb("photo", MODERATE, photo="{photo}", status="published", **WHY),
    _verb("blur", MODERATE, photo="{photo}", regions="[[0,0,0.5,0.5]]", **WHY, **SEEN),
    _verb("comment", MODERATE, comment="{comment}", status="published", **WHY),
    _verb("report", MODERATE, report="{report}", outcome="kept", **WHY),
    _verb("merge", MERGE, keep="{beside}", other="{id}", **WHY, **SEEN),
    _verb("unmerge", MERGE, other="{id}", **WHY),
    _verb("distinct", MERGE, other="{beside}"),
    _verb("reply", (Act.ANSWER,), True, stage="answered", reply="收到", by="街道"),
    _verb("note", (Act.DISCUSS,), text="内部话"),
    _verb("assign", (Act.ASSIGN,), account="{colleague}"),
    _verb("finish", (Act.ASSIGN,), assignment="{assignment}"),
    Outlet(
        "POST",
        "/w/desk/alike/{slug}/merge",
        MERGE,
        "proposal",
        {"keep": "{beside}", "other": "{id}", **WHY},
    ),
    Outlet("POST", "/w/desk/alike/{slug}/distinct", MERGE, "proposal", {"pair": "{id}-{beside}"}),
    Outlet(
        "POST",
        "/w/desk/places/{slug}/dismiss",
        MODERATE,
        "proposal",
        {"key": "water:{id}:1,2", **WHY},
    ),
    Outlet(
        "POST",
        "/w/desk/places/{slug}/move",
        MODERATE,
        "proposal",
        {"id": "{id}", "longitude": "116.311", "latitude": "40.031", **WHY, **SEEN},
    ),
    Outlet("POST", "/w/desk/looked-at", MODERATE, "proposal", {"only": "{id}"}),
    Outlet("GET", "/api/photos/{photo}/full.jpg", MODERATE, "proposal"),
    Outlet("GET", "/api/photos/{photo}/thumbnail.jpg", MODERATE, "proposal"),
    Outlet("GET", "/api/photos/{photo}/original.jpg", MODERATE, "proposal"),
    Outlet(
        "GET",
        "/api/campaigns/{slug}/pins/{id}.json?status=held",
        MODERATE,
        "proposal",
        unshown=True,
    ),
]

OF_CAMPAIGNS = [
    Outlet(
        "POST",
        "/w/desk/places/{slug}/convert",
        MODERATE,
        "campaign",
        {"key": "k", "system": "GCJ-02"},
    ),
    *(
        Outlet("GET", f"/w/desk/campaigns/{{{which}}}/{part}", CAMPAIGN, "campaign")
        for which in ("slug", "draft")
        for part in (
            "edit/texts",
            "edit/area",
            "edit/dates",
            "edit/categories",
            "edit/questions",
            "edit/taking",
            "edit/prizes",
            "questions-preview",
            "preview",
            "ground.json",
        )
    ),
    Outlet("POST", "/w/desk/campaigns/{draft}/edit/texts", CAMPAIGN, "campaign"),
    Outlet("POST", "/w/desk/campaigns/{draft}/questions-preview", CAMPAIGN, "campaign"),
    Outlet("POST", "/w/desk/campaigns/{slug}/copy", CAMPAIGN, "campaign", {"name": "fresh"}),
    *(
        Outlet(
            "POST",
            "/w/desk/campaigns/{draft}/run",
            CAMPAIGN,
            "campaign",
            {"do": do},
            name=f"/w/desk/campaigns/draft/run {do}",
        )
        for do in ("open", "schedule", "close", "archive", "restore", "unschedule")
    ),
    Outlet("GET", "/w/desk/campaigns/{slug}/draw", (Act.DRAW_PRIZES,), "campaign"),
    Outlet("POST", "/w/desk/campaigns/{slug}/draw/list", (Act.DRAW_PRIZES,), "campaign"),
    Outlet("POST", "/w/desk/campaigns/{slug}/draw/seed", (Act.DRAW_PRIZES,), "campaign"),
    Outlet("POST", "/w/desk/campaigns/{slug}/draw/void", (Act.DRAW_PRIZES,), "campaign"),
    Outlet("GET", "/w/desk/bulk/jobs/{job}", MODERATE, "campaign"),
    Outlet("POST", "/w/desk/bulk/jobs/{job}/cancel", MODERATE, "campaign"),
    Outlet("GET", "/w/c/{slug}/poster.pdf", (Act.PRINT,), "campaign"),
    Outlet("GET", "/w/c/{slug}/cards.pdf?layer=stations", (Act.PRINT,), "campaign"),
    Outlet("GET", "/w/c/{slug}/assist", (Act.ASSIST,), "campaign"),
    Outlet(
        "POST",
        "/w/c/{slug}/assist",
        (Act.ASSIST,),
        "campaign",
        {"entry": "paper"},
        by_device=True,
    ),
]

OF_THE_DESK = [
    Outlet("GET", "/w/desk/queue", DESK, "somewhere"),
    *(Outlet("GET", f"/w/desk/queue?tab={tab}", DESK, "somewhere") for tab in QUEUE_TABS),
    Outlet("POST", "/w/desk/mentions/read", DESK, "somewhere"),
    Outlet("GET", "/w/desk/bulk?campaign={slug}", MANY, "around"),
    Outlet("POST", "/w/desk/bulk/preview?campaign={slug}", MANY, "around"),
    Outlet("GET", "/w/desk/campaigns", CAMPAIGN, "somewhere"),
    Outlet("GET", "/w/desk/campaigns/new", CAMPAIGN, "somewhere"),
    Outlet("POST", "/w/desk/campaigns/new", CAMPAIGN, "somewhere"),
    Outlet("GET", "/w/desk/audit", AUDIT, "somewhere"),
    Outlet("POST", "/w/desk/audit/export.csv", AUDIT, "somewhere"),
    Outlet("POST", "/w/desk/audit/export.jsonl", AUDIT, "somewhere"),
    Outlet("GET", "/w/desk/accounts", ACCOUNTS, "somewhere"),
    Outlet("GET", "/w/desk/accounts/new", ACCOUNTS, "somewhere"),
    Outlet("POST", "/w/desk/accounts/new", ACCOUNTS, "somewhere"),
    Outlet("GET", "/w/desk/accounts/{colleague}", ACCOUNTS, "platform"),
    Outlet("POST", "/w/desk/accounts/{colleague}/appoint", ACCOUNTS, "platform"),
    Outlet("POST", "/w/desk/accounts/{colleague}/terms/{term}/end", ACCOUNTS, "platform"),
    Outlet("POST", "/w/desk/accounts/{colleague}/rename", ACCOUNTS, "platform", {"name": "新名"}),
    Outlet("POST", "/w/desk/accounts/{colleague}/close", ACCOUNTS, "platform", WHY),
    Outlet("POST", "/w/desk/accounts/{colleague}/reopen", ACCOUNTS, "platform"),
    Outlet("POST", "/w/desk/accounts/{colleague}/password", ACCOUNTS, "platform"),
    Outlet("GET", "/w/desk/base-map", OFFICE, "platform"),
    Outlet(
        "POST",
        "/w/desk/base-map",
        OFFICE,
        "platform",
        {"version": BaseMapChoice().version, "choice": "none", "do": "keep"},
    ),
    Outlet("GET", "/w/desk/office", OFFICE, "platform"),
    Outlet("POST", "/w/desk/office", OFFICE, "platform", {"version": NO_OFFICE}),
    Outlet(
        "POST", "/w/desk/office/logo", OFFICE, "platform", {"version": NO_OFFICE, "remove": "1"}
    ),
    Outlet("GET", "/api/campaigns/{slug}/hotspots.geojson?status=held", MODERATE, "somewhere"),
    Outlet("GET", "/api/tiles/{slug}_proposals/0/0/0.mvt?status=held", MODERATE, "somewhere"),
    Outlet("GET", "/api/campaigns/{slug}/communities.csv?status=held", MODERATE, "somewhere"),
    Outlet("GET", "/api/campaigns/{slug}/desk.csv", MODERATE, "somewhere"),
    Outlet("GET", "/api/campaigns/{slug}/desk.geojson?status=held", MODERATE, "somewhere"),
]

OF_WEBHOOKS = [
    Outlet("GET", "/w/desk/webhooks", CAMPAIGN, "somewhere"),
    Outlet(
        "POST",
        "/w/desk/webhooks/add",
        CAMPAIGN,
        "campaign",
        {"campaign": "{number}", "name": "钩", "url": "https://example.org/hook"},
    ),
    *(
        Outlet("POST", f"/w/desk/webhooks/{{hook}}/{verb}", CAMPAIGN, "campaign")
        for verb in ("try", "pause", "secret", "remove")
    ),
]
ANSWER = (Act.ANSWER,)
OF_TEMPLATES = [
    Outlet("GET", "/w/desk/templates", ANSWER, "somewhere"),
    Outlet(
        "POST",
        "/w/desk/templates/create",
        ANSWER,
        "campaign",
        {"campaign": "{number}", "name": "新", "text": "收到", "stage": "answered"},
    ),
    Outlet(
        "POST",
        "/w/desk/templates/change",
        ANSWER,
        "campaign",
        {
            "template": "{template}",
            "id": "{template}",
            "name": "新",
            "text": "又",
            "stage": "answered",
        }
        | SEEN,
    ),
    Outlet(
        "POST",
        "/w/desk/templates/remove",
        ANSWER,
        "campaign",
        {"id": "{template}"},
    ),
]

OF_THE_REVIEW = [
    Outlet("GET", "/w/desk/review?campaign={slug}", DESK, "somewhere"),
    Outlet("GET", "/w/desk/review/more?campaign={slug}", DESK, "somewhere"),
    Outlet("GET", "/w/desk/review/views?campaign={slug}", DESK, "around"),
    Outlet("POST", "/w/desk/review/views?campaign={slug}", DESK, "around", {"called": "看"}),
    Outlet(
        "POST",
        "/w/desk/review/views/{view}/rename?campaign={slug}",
        CAMPAIGN,
        "around",
        {"called": "又"},
    ),
    Outlet("POST", "/w/desk/review/views/{view}/remove?campaign={slug}", CAMPAIGN, "around"),
    Outlet("GET", "/w/desk/review/topics/{topic}", DESK, "place"),
    *(
        Outlet("GET", f"/api/topics/{{topic}}.{ending}", DESK, "place")
        for ending in ("csv", "geojson", "dxf?crs=EPSG:4548")
    ),
    *(
        Outlet("GET", f"/api/scenarios/{{scenario}}.{ending}", DESK, "campaign")
        for ending in ("csv", "geojson", "gpkg?crs=EPSG:4527")
    ),
    Outlet("GET", "/w/desk/review/photo/{observed}/full.jpg", DESK, "place"),
]

LOAD = (Act.LOAD_LAYER,)
LAYER = "/w/desk/layers/{layer}"
_WINDOW = "west=116&south=40&east=117&north=41&zoom=14"
OF_LAYERS = [
    Outlet("GET", "/w/desk/layers", DESK, "somewhere"),
    Outlet("GET", "/w/desk/layers/new", LOAD, "somewhere"),
    Outlet("POST", "/w/desk/layers/new", LOAD, "somewhere"),
    Outlet("GET", LAYER, DESK, "layer"),
    Outlet("GET", f"{LAYER}/ground.json", DESK, "layer"),
    Outlet("GET", "/api/layers/uploaded/{layer}.geojson", (*DESK, *LOAD), "layer"),
    Outlet("GET", "/api/layers/uploaded/{layer}.csv?crs=EPSG:4548", (*DESK, *LOAD), "layer"),
    Outlet("GET", f"/api/layers/uploaded/{{layer}}/view.json?{_WINDOW}", (*DESK, *LOAD), "layer"),
    Outlet("GET", "/api/ogc/collections/layer_{layer}", (*DESK, *LOAD), "layer"),
    Outlet("GET", "/api/ogc/collections/layer_{layer}/items", (*DESK, *LOAD), "layer"),
    Outlet("GET", "/api/ogc/collections/layer_{layer}/items/1", (*DESK, *LOAD), "layer"),
    Outlet("GET", "/api/ogc/collections/layer_{layer}/queryables", (*DESK, *LOAD), "layer"),
    Outlet("GET", "/api/ogc/collections/layer_{layer}/schema", (*DESK, *LOAD), "layer"),
    Outlet("GET", "/api/tiles/layer_{layer}.json", (*DESK, *LOAD), "layer"),
    Outlet("GET", "/api/tiles/layer_{layer}/style.json", (*DESK, *LOAD), "layer"),
    Outlet("GET", "/api/tiles/layer_{layer}/0/0/0.mvt", (*DESK, *LOAD), "layer"),
    Outlet("GET", f"{LAYER}/communities", (Act.LOAD_COMMUNITIES,), "campaign"),
    Outlet("POST", f"{LAYER}/communities", (Act.LOAD_COMMUNITIES,), "campaign"),
    Outlet("POST", f"{LAYER}/edit", LOAD, "campaign", {"title_zh": "改", "use": "facility"}),
    Outlet("GET", f"{LAYER}/style", LOAD, "campaign"),
    Outlet("POST", f"{LAYER}/style", LOAD, "campaign"),
    Outlet("POST", f"{LAYER}/show", LOAD, "campaign", {"shown": "draft"}),
    Outlet("POST", f"{LAYER}/remove", LOAD, "campaign"),
    Outlet("POST", f"{LAYER}/restore", LOAD, "campaign"),
]

_YES = {"accepted": "yes", "word": "好"}
GIVE, PACK = (Act.GIVE_PACK,), "/w/desk/packs/{pack}"
_NEW_PACK = {"token": "t" * 20, "title": "包", "system": "EPSG:4548", "language": "zh_CN"}
OF_PACKS = [
    Outlet("GET", "/w/desk/packs", GIVE, "somewhere"),
    Outlet("GET", "/w/desk/packs/new?topic={topic}", GIVE, "place"),
    Outlet("POST", "/w/desk/packs/new?topic={topic}", GIVE, "place", _NEW_PACK),
    Outlet("GET", PACK, GIVE, "place"),
    Outlet("POST", f"{PACK}/versions", GIVE, "place"),
    Outlet("POST", f"{PACK}/versions/1/stop", GIVE, "place"),
    Outlet("POST", f"{PACK}/versions/1/withdraw", GIVE, "place"),
    Outlet("POST", f"{PACK}/links", GIVE, "place", {"firm": "设计院", "days": "30"}),
    Outlet("POST", f"{PACK}/links/{{link}}/revoke", GIVE, "place"),
    Outlet("POST", f"{PACK}/questions/{{question}}/answer", GIVE, "place", {"text": "答"}),
    Outlet("GET", f"{PACK}/schemes/{{scheme}}", GIVE, "place"),
    Outlet(
        "POST",
        f"{PACK}/schemes/{{scheme}}/decide",
        GIVE,
        "place",
        {"accepted": "yes", "word": "好"},
    ),
]

#: The public's files: of what is not shown nobody gets any here, whoever it is.
CLOSED = (
    "/api/campaigns/{slug}/proposals.geojson?status=held",
    "/api/campaigns/{slug}/proposals.csv?status=hidden",
    "/api/campaigns/{slug}/proposals.gpkg?status=hidden&crs=EPSG:4548",
)
OUTLETS = [
    *OF_PROPOSALS,
    *OF_CAMPAIGNS,
    *OF_THE_DESK,
    *OF_TEMPLATES,
    *OF_WEBHOOKS,
    *OF_THE_REVIEW,
    *OF_LAYERS,
    *OF_PACKS,
]

_HOTSPOT = "of a hotspot, which the world has none of: test_view_at_the_desk.py"
_ANYBODY = "for anybody: to sign in or out, or about the own account"
#: Addresses below /w/desk that are not tried in the table, and why.
ELSEWHERE = {
    "GET /desk/sign-in": _ANYBODY,
    "POST /desk/sign-in": _ANYBODY,
    "POST /desk/sign-out": _ANYBODY,
    "GET /desk/oidc/{provider}/start": _ANYBODY,
    "GET /desk/oidc/{provider}/callback": _ANYBODY,
    "GET /desk/password": _ANYBODY,
    "POST /desk/password": _ANYBODY,
    "GET /desk": "leads whoever has no desk to the data: test_frame.py",
    "GET /desk/data": "public files, for whoever has signed in: test_frame.py",
    "GET /desk/me": _ANYBODY,
    "POST /desk/me/name": _ANYBODY,
    "POST /desk/me/sessions": _ANYBODY,
    "POST /desk/me/tokens": _ANYBODY,
    "POST /desk/me/tokens/revoke": _ANYBODY,
    "GET /desk/campaigns/{slug}/edit": "leads on without a look at anything",
    "GET /desk/campaigns/{slug}/cover.jpg": "asks as the preview does, which is tried",
    "GET /desk/review/hotspot/{hotspot_id}": _HOTSPOT,
    "GET /desk/review/hotspot/{hotspot_id}/found": _HOTSPOT,
    "GET /desk/review/hotspot/{hotspot_id}/more": _HOTSPOT,
    "GET /desk/review/hotspot/{hotspot_id}/sure": _HOTSPOT,
    "POST /desk/review/hotspot/{hotspot_id}/topic": _HOTSPOT,
    "POST /desk/review/hotspot/{hotspot_id}/observe": _HOTSPOT,
    "POST /desk/review/hotspot/{hotspot_id}/observations/{number}/remove": _HOTSPOT,
    "POST /desk/layers/{layer_id}/replace": "reads a file first: test_layers_pages.py",
    "GET /desk/base-map/tiles/{z}/{x}/{y}": "needs a file: test_base_map_page.py",
    "GET /desk/layers/sent/{token}": "of its sender alone: test_guided_import.py",
    "POST /desk/layers/sent/{token}": "of its sender alone: test_guided_import.py",
    "GET /desk/review/brief.pdf": "takes a second to print: test_view_at_the_desk.py",
    "GET /desk/packs/{pack_id}/versions/{number}.zip": "needs its file: test_firm_room.py",
    "GET /desk/packs/{pack_id}/schemes/{scheme_id}.pdf": "needs its file: test_firm_room.py",
    "POST /desk/audit/check": "walks along the chain: test_audit_page.py",
}
#: The states that are tried at a proposal's addresses; all of them in ``test_leaks.py``.
STATES = (Status.PUBLISHED, Status.HELD)
