"""Pages as HTML: the templates, the reader's language and type size, and who is reading."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property, partial
from gettext import GNUTranslations
from typing import Annotated, Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from sqlalchemy.orm import Session

from core import language
from core.database import Database
from core.settings import ROOT, Settings, get_settings
from layers.map import assets, category_icons
from people.access.actor import Actor
from people.access.device_cookie import LARGE, MARK_SCRIPT, device_of
from people.access.permissions import Act, may
from people.office.office import Office, current_office, known_office
from serving.context import Context, actor_of, address_of, context, spoken_by
from serving.template_code import TemplateCode
from submissions.photos.sanitise import MEDIA_TYPES
from wording import formatting
from wording.office.office_words import OfficeWords, office_words
from wording.text_language import other_language

#: Each room of pages has its own; no two have a template of the same name.
TEMPLATES = sorted(path for room in ("web", "api") for path in (ROOT / room).rglob("templates"))
YEAR_S = 365 * 24 * 3600
P = ParamSpec("P")
T = TypeVar("T")


@cache
def _compiled() -> TemplateCode:
    """Return what all languages share: it is the text of a template alone that is compiled."""
    return TemplateCode(get_settings().assets_dir)


@cache
def environment(lang: str) -> Environment:
    """Return the templates in a language. Everything put into them is escaped."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        extensions=["jinja2.ext.i18n"],
        undefined=StrictUndefined,
        bytecode_cache=_compiled(),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.install_gettext_translations(language.translations(lang), newstyle=False)  # type: ignore[attr-defined]
    for write in (formatting.day, formatting.last_day, formatting.minute, formatting.moment):
        made.filters[write.__name__] = partial(write, lang=lang)
    made.filters["number"] = partial(formatting.number, lang=lang)
    made.globals["list_separator"] = formatting.separator(lang)
    made.filters["its_lang"] = partial(_lang_attribute, lang=lang)
    made.globals["asset"] = assets.address
    made.globals["bubble"] = category_icons.BUBBLE
    made.globals["inside"] = category_icons.INSIDE
    made.globals["photo_types"] = MEDIA_TYPES
    made.globals["mark_script"] = Markup(MARK_SCRIPT)
    return made


def _lang_attribute(text: str, lang: str) -> Markup:
    """Return the attribute for an element with what somebody wrote in another language."""
    other = other_language(text, lang)
    return Markup(' lang="{}"').format(other) if other else Markup()


def compile_templates() -> None:
    """Compile all templates now, so that no first reader of a page waits for it."""
    for lang in language.LANGUAGES:
        made = environment(lang)
        for name in made.list_templates():
            made.get_template(name)


@dataclass(frozen=True)
class Visit:
    """One request: who reads, in which language, in which type.

    ``asks``: whether the database may be asked about the reader and the office.
    """

    request: Request
    room: Context
    lang: str
    large: bool
    actor: Actor
    asks: bool = True

    @cached_property
    def words(self) -> GNUTranslations:
        """The reader's words."""
        return language.translations(self.lang)

    @cached_property
    def office(self) -> Office:
        """Who asks and answers here."""
        find = current_office if self.asks else known_office
        return find(self.room.database, self.room.settings)

    @cached_property
    def office_words(self) -> OfficeWords:
        """The office as this page names it; what is missing, to those who may fill it in."""
        tells = may(self.actor, Act.MANAGE_OFFICE)
        return office_words(self.office, self.words, self.lang, tells_missing=tells)

    @property
    def database(self) -> Database:
        """What is read."""
        return self.room.database

    @property
    def settings(self) -> Settings:
        """How this program is set up."""
        return self.room.settings

    @property
    def address(self) -> str:
        """Where the request comes from, for counting; it is never stored."""
        return address_of(self.request)

    @property
    def base_url(self) -> str:
        """Address of this server as people reach it, without a slash at the end."""
        return self.room.settings.public_url.rstrip("/") or str(self.request.base_url).rstrip(
            "/"
        ).removesuffix("/w")

    @property
    def address_here(self) -> str:
        """Path and query of the request."""
        path, query = self.request.url.path, self.request.url.query
        return f"{path}?{query}" if query else path

    @property
    def wants_json(self) -> bool:
        """Tell whether a script asks, rather than a browser that shows the answer."""
        return "application/json" in self.request.headers.get("accept", "")

    def said(self, texts: dict[str, str]) -> str:
        """Pick a text in the reader's language."""
        return language.in_language(texts, self.lang)

    def write(
        self,
        change: Callable[Concatenate[Session, Actor, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Make a change in the name of who reads, in a transaction of its own."""
        database = self.room.database
        return database.write(lambda session: change(session, self.actor, *args, **kwargs))

    def here(self, **changes: str) -> str:
        """Return this page's address with other parameters; of an answer to a form, its page's."""
        path = self.request.url.path
        if self.request.method == "POST" and not path.endswith("/assist"):
            path = "/".join(path.split("/")[:4])  # /w/c/<slug>/say, /w/p/<id>/comments …
        query = urlencode({**self.request.query_params, **changes})
        return f"{path}?{query}"

    def page(self, name: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        """Render a whole page, and remember the language and type that were asked for."""
        answer = HTMLResponse(self.fragment(name, **values), status_code=status)
        answer.headers["Cache-Control"] = "private, no-cache"
        asked = self.request.query_params
        if asked.get("lang") in language.LANGUAGES:
            answer.set_cookie(language.COOKIE, self.lang, max_age=YEAR_S, samesite="lax")
        if asked.get("large") in {"0", "1"}:
            answer.set_cookie(LARGE, asked["large"], max_age=YEAR_S, samesite="lax")
        return answer

    def fragment(self, name: str, **values: Any) -> str:
        """Render a template to text."""
        template = environment(self.lang).get_template(name)
        return template.render(
            office=self.office_words,
            lang=self.lang,
            html_lang=language.html_lang(self.lang),
            content_lang=language.content_language(self.lang),
            other_languages=[
                (code, language.html_lang(code), name, language.short_name(code))
                for code, name in language.LANGUAGES.items()
                if code != self.lang
            ],
            large=self.large,
            here=self.here,
            **values,
        )

    def notice(
        self,
        heading: str,
        said: str,
        *,
        status: int,
        kept: str = "",
        links: tuple[dict[str, str], ...] = (),
        again: tuple[tuple[str, str], ...] = (),
    ) -> HTMLResponse:
        """Render a page that says one thing.

        ``kept``: what was typed, to be copied; ``again``: the fields of a form that this address
        was sent, to be sent once more.
        """
        return self.page(
            "notice.html",
            status=status,
            heading=heading,
            said=said,
            kept=kept,
            links=links,
            again=again,
            action=self.address_here,
        )


def visit(request: Request) -> Visit:
    """Return what is known of a request."""
    return _visit(request, actor_of(request))


def stranger(request: Request) -> Visit:
    """Return what is known of a request without asking the database who it is."""
    return _visit(request, Actor(device=device_of(request.cookies)), asks=False)


def visit_without(request: Request, room: Context) -> Visit:
    """Return what is known of a request outside of the applications, without the database."""
    return _visit(request, Actor(device=device_of(request.cookies)), room, asks=False)


def _visit(
    request: Request, actor: Actor, room: Context | None = None, *, asks: bool = True
) -> Visit:
    room = room or context(request)
    asked, cookies = request.query_params, request.cookies
    lang = spoken_by(request, asked.get("lang"), room)
    large = asked.get("large", cookies.get(LARGE, "")) == "1"
    return Visit(request, room, lang, large, actor, asks)


#: What a route takes to know who reads.
Reader = Annotated[Visit, Depends(visit)]


def now() -> datetime:
    """Return the moment of a request."""
    return datetime.now(UTC)
