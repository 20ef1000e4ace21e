"""The credit line of a base map: text, and the links that owners of map data ask for."""

from __future__ import annotations

from html import escape
from html.parser import HTMLParser


def credit_html(text: str) -> str:
    """Return a credit as markup in which nothing but text and links by https stands."""
    return _Reader().read(text)


class _Reader(HTMLParser):
    """Keeps the text of markup, and its links."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._is_open = False
        self._is_code = False

    def read(self, text: str) -> str:
        """Return what is kept, in one line."""
        self.feed(text)
        self.close()
        self.handle_endtag("a")
        return " ".join("".join(self._parts).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a link."""
        address = dict(attrs).get("href") or ""
        self._is_code = tag in ("script", "style")
        if tag != "a" or not address.startswith("https://"):
            return
        self.handle_endtag("a")
        self._is_open = True
        self._parts.append(f'<a href="{escape(address)}" target="_blank" rel="noopener">')

    def handle_endtag(self, tag: str) -> None:
        """Close a link that is open."""
        self._is_code = False
        if tag == "a" and self._is_open:
            self._parts.append("</a>")
            self._is_open = False

    def handle_data(self, data: str) -> None:
        """Keep text."""
        if not self._is_code:
            self._parts.append(escape(data))
