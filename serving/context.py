"""What every route needs: the rooms of this application, and who is asking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import Annotated, Any

from anyio import CapacityLimiter
from fastapi import Depends, Request

from analysis.pin_feed import Pinboard
from analysis.themes.theme_index import themes_revision
from core import language
from core.cache import CACHE
from core.database import Database
from core.errors import UnknownCategoryError
from core.settings import Settings
from layers.export.file_jobs import FileJobs
from notifications.channels import offered
from notifications.contacts import ContactKind, Sealer, sealer_of
from packs.storage import PackFiles
from people.access import client_address
from people.access.actor import Actor
from people.access.device_cookie import device_of
from people.access.proof_of_work import ProofDesk, proof_key
from people.access.rate_limit import Limits
from people.accounts import sessions
from people.accounts.oidc_client import OidcClient
from people.accounts.oidc_providers import Provider, offered_providers
from people.accounts.password_login import Door
from people.accounts.sessions import SignedIn
from serving.write_turns import WRITERS
from submissions.photos.storage import PhotoStore, open_store
from submissions.proposals import queries
from submissions.proposals.queries import CampaignView


@dataclass(frozen=True)
class Context:
    """The rooms a route may look into."""

    database: Database
    settings: Settings
    pinboard: Pinboard
    photos: PhotoStore
    #: The files of packs for design firms.
    packs: PackFiles
    limits: Limits
    proofs: ProofDesk
    sealer: Sealer | None
    #: How people can be written to.
    channels: frozenset[ContactKind]
    #: By whom people sign in, beside logins and passwords.
    providers: tuple[Provider, ...] = ()
    #: How each of them is spoken to, by its key.
    oidc: Mapping[str, OidcClient] = field(default_factory=dict)
    #: Counts who tries to sign in.
    door: Door = field(default_factory=Door)
    #: How many pictures are cleaned at once, so that pages stay quick meanwhile.
    cleaning: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(2))
    #: How many files of geometries are read at once; those who wait hold no thread of others.
    reading: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(4))
    #: Large files that are made beside the requests for them.
    files: FileJobs = field(default_factory=lambda: FileJobs(Path(mkdtemp(prefix="lujian-"))))
    #: How many change something at once, so that pages need not wait for them.
    writing: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(WRITERS))

    def campaign(self, slug: str, category: str | None = None) -> tuple[CampaignView, int]:
        """Return a campaign and its revision.

        Raises ``NotFoundError``, and ``UnknownCategoryError`` for one it does not ask for.
        """
        with self.database.reading() as session:
            campaign = queries.campaign_by_slug(session, slug)
            revision = queries.revision(session, campaign.id)
        if category is not None and category not in {c["key"] for c in campaign.categories}:
            raise UnknownCategoryError(category=category)
        return campaign, revision

    def themes_revision(self) -> int:
        """Return a number that grows with every change of the themes of proposals."""
        with self.database.reading() as session:
            return themes_revision(session)


def make_context(
    database: Database, settings: Settings, *, auth: Mapping[str, Any] | None = None
) -> Context:
    """Return the rooms of one process over a migrated database: limits are counted in it.

    ``auth`` is what ``secrets.toml`` says of identity providers; nothing, and there is none.

    Raises ``ValueError`` for a secret key that is too short, and for a setting that cannot be read.
    """
    CACHE.limit(settings.cache_mb * 2**20)
    providers = offered_providers(settings, auth or {})
    return Context(
        database=database,
        settings=settings,
        pinboard=Pinboard(database),
        photos=open_store(settings.photo_store or settings.var_dir / "photos"),
        packs=PackFiles(settings.var_dir / "packs"),
        limits=Limits(settings),
        proofs=ProofDesk(proof_key(settings.secret_key)),
        sealer=sealer_of(settings),
        channels=offered(settings),
        providers=providers,
        oidc={one.key: OidcClient(auth or {}, one.key) for one in providers},
        files=FileJobs(settings.var_dir / "made-files"),
    )


def context(request: Request) -> Context:
    """Return the context that ``create_api`` put into the application."""
    found = request.app.state.context
    assert isinstance(found, Context)
    return found


#: What a route takes to look into the rooms.
Room = Annotated[Context, Depends(context)]


def spoken_by(request: Request, wanted: str | None = None, room: Context | None = None) -> str:
    """Return the language to answer in; ``wanted`` is what the request itself asks for.

    ``room`` is given where the request comes to none of the applications.
    """
    return language.language_of_request(
        wanted,
        request.cookies.get(language.COOKIE),
        (room or context(request)).settings.language,
        browser=request.headers.get("accept-language"),
    )


def signed_in_of(request: Request) -> SignedIn | None:
    """Return whose session the request's cookie names; looked up once a request.

    With an API token there is no session, whatever else was sent.
    """
    if by_token(request):
        return None
    if not hasattr(request.state, "signed_in"):
        room = context(request)
        request.state.signed_in = sessions.find_session(
            room.database, room.settings, request.cookies, now=datetime.now(UTC)
        )
    found: SignedIn | None = request.state.signed_in
    return found


def actor_of(request: Request) -> Actor:
    """Return who is asking: whoever an API token acts for, or a device and who signed in there."""
    if by_token(request):
        acting: Actor = request.state.acting
        return acting
    return sessions.actor_from(signed_in_of(request), device_of(request.cookies))


def by_token(request: Request) -> bool:
    """Tell whether a program asks, with an API token that ``TokenMiddleware`` has looked up."""
    return hasattr(request.state, "acting")


def address_of(request: Request) -> str:
    """Return where a request comes from, for counting alone; it is never stored."""
    client = request.client
    return client_address.address_of((), client.host if client else None, ())
