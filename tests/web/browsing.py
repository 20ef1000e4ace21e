"""A browser without JavaScript: it keeps cookies, reads pages, fills in forms and sends them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from typing import Any, ClassVar
from urllib.parse import unquote

from anyio.from_thread import BlockingPortal
from fastapi.testclient import TestClient
from starlette.types import ASGIApp

from people.access.actor import Actor
from people.access.device_cookie import COOKIE

VOID = {"input", "meta", "link", "img", "br", "hr", "source"}
Attributes = dict[str, str]


@dataclass
class Form:
    """A form as it stands in a page: what would be sent if it was sent untouched."""

    action: str
    method: str = "get"
    values: dict[str, list[str]] = field(default_factory=dict)
    #: Every choice that a radio, checkbox or select offers, by its name.
    offered: dict[str, list[str]] = field(default_factory=dict)
    attributes: Attributes = field(default_factory=dict)

    def one(self, name: str) -> str:
        """Return the one value of a field; empty for none."""
        return (self.values.get(name) or [""])[0]


class _Reading(HTMLParser):
    """What is found in a page as it is read."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, Attributes]] = []
        self.forms: list[Form] = []
        self.texts: list[str] = []
        #: Text within the element of an id.
        self.by_id: dict[str, str] = {}
        self._open: list[tuple[str, Attributes]] = []
        self._textarea: str | None = None
        self._select: str | None = None
        self._form: Form | None = None
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {key: value if value is not None else "" for key, value in attrs}
        self.elements.append((tag, attributes))
        if tag == "form":
            action, method = attributes.get("action", ""), attributes.get("method", "get")
            self._form = Form(action, method, attributes=attributes)
            self.forms.append(self._form)
        elif self._form is not None:
            self._field(self._form, tag, attributes)
        if tag not in VOID:
            self._open.append((tag, attributes))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open[-1][0] != tag and tag in [name for name, _ in self._open]:
            self._open.pop()
        if self._open and self._open[-1][0] == tag:
            self._open.pop()
        if tag == "form":
            self._form = None
        elif tag == "textarea":
            self._textarea = None
        elif tag == "select":
            self._select = None

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1][0] in {"script", "style"}:
            return
        if self._textarea is not None and self._form is not None:
            # The parser of a browser drops one line feed after the tag.
            said = self._form.values.setdefault(self._textarea, [""])
            said[0] += data
        self.texts.append(data)
        for _tag, attributes in self._open:
            if "id" in attributes:
                name = attributes["id"]
                self.by_id[name] = self.by_id.get(name, "") + data

    def _field(self, form: Form, tag: str, attributes: Attributes) -> None:
        name, value = attributes.get("name", ""), attributes.get("value", "")
        if tag == "textarea":
            self._textarea = name
            form.values[name] = [""]
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select is not None:
            offered = form.offered.setdefault(self._select, [])
            offered.append(value)
            if "selected" in attributes or len(offered) == 1:
                form.values[self._select] = [value]
        elif tag == "input" and name:
            kind = attributes.get("type", "text")
            if kind in {"radio", "checkbox"}:
                form.offered.setdefault(name, []).append(value)
                if "checked" in attributes:
                    form.values.setdefault(name, []).append(value)
            elif kind != "file":
                form.values.setdefault(name, []).append(value)


class Page:
    """What a page holds: its elements with attributes, its forms, its text. Read when asked for."""

    def __init__(self, markup: str) -> None:
        self._markup = markup

    @cached_property
    def _read(self) -> _Reading:
        return _Reading(self._markup)

    @property
    def elements(self) -> list[tuple[str, Attributes]]:
        return self._read.elements

    @property
    def forms(self) -> list[Form]:
        return self._read.forms

    @property
    def texts(self) -> list[str]:
        return self._read.texts

    @property
    def by_id(self) -> dict[str, str]:
        """Text within the element of an id."""
        return self._read.by_id

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.texts))

    def form(self, part: str) -> Form:
        """Return the form whose address ends with this."""
        return next(form for form in self.forms if form.action.endswith(part))

    def all(self, tag: str, **wanted: str) -> list[Attributes]:
        """Return the attributes of all elements with this tag and these attributes."""
        named = {key.rstrip("_").replace("_", "-"): value for key, value in wanted.items()}
        return [
            attributes
            for name, attributes in self.elements
            if name == tag and all(attributes.get(key) == value for key, value in named.items())
        ]

    def meta(self, name: str) -> str:
        """Return the content of a meta element, by its name or property."""
        found = self.all("meta", property=name) or self.all("meta", name=name)
        return found[0]["content"] if found else ""


class Browser:
    """One device. ``open`` and ``send`` never follow a redirect, ``follow`` does."""

    #: The thread in which all are answered; without one each request starts its own.
    portal: ClassVar[BlockingPortal | None] = None

    def __init__(self, app: ASGIApp, *, host: str = "http://testserver") -> None:
        self.client = TestClient(app, base_url=host, follow_redirects=False)
        self.client.portal = self.portal
        self.answer: Any = None

    @property
    def actor(self) -> Actor:
        """Who this device is to the actions."""
        return Actor(self.client.cookies[COOKIE])

    def open(self, address: str, **headers: str) -> Page:
        self.answer = self.client.get(address, headers=_headers(headers))
        return self._read()

    def send(
        self, form: Form, *, files: Any = None, headers: dict[str, str] | None = None, **typed: Any
    ) -> Page:
        """Send a form with what is typed into it; None takes a field out."""
        values: dict[str, Any] = {**form.values, **typed}
        data = {name: value for name, value in values.items() if value is not None}
        if form.attributes.get("enctype") == "multipart/form-data" and files is None:
            files = [("photo", ("", b"", "application/octet-stream"))]
        self.answer = self.client.post(form.action, data=data, files=files, headers=headers or {})
        return self._read()

    def follow(self) -> Page:
        """Go where the last answer sends to, and on."""
        while self.answer.status_code in {302, 303, 307}:
            self.open(self.answer.headers["location"])
        return self._read()

    @property
    def status(self) -> int:
        return int(self.answer.status_code)

    @property
    def body(self) -> str:
        return str(self.answer.text)

    def _read(self) -> Page:
        html = self.answer.headers.get("content-type", "").startswith("text/html")
        return Page(self.answer.text if html else "")


def _headers(named: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in named.items()}


def receipt_code(location: str) -> str:
    """Return the code in a receipt's address."""
    return unquote(location).rpartition("/")[2].partition("?")[0]
