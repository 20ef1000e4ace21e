"""A campaign to print, its ground, and readers of what was printed."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pypdf
import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from layers.built_in import CATALOGUE, layer_text
from submissions.proposals.queries import CampaignView
from tests.conftest import new_campaign

BASE = "https://lujian.example.org"
A4_PT = (595.3, 841.9)
#: Everything that means something to Typst, PDF, HTML or a template language.
NASTY = r"""#panic("x") $x^2$ \ <b> {{7*7}} @ref *粗* _斜_ `c` = // /* ~ "引" [框] #import"""


@pytest.fixture
def campaign() -> CampaignView:
    new = new_campaign()
    known = {name: getattr(new, name) for name in CampaignView.__dataclass_fields__ if name != "id"}
    return CampaignView(id=1, **known)


@pytest.fixture(scope="session")
def ground_body() -> bytes:
    """The ground as ``layers.basemap.ground`` gives it, of the demo place."""
    parts: dict[str, object] = {layer.name: json.loads(layer_text(layer)) for layer in CATALOGUE}
    return json.dumps({"schematic": True} | parts).encode()


def titled(campaign: CampaignView, title: str, **more: str) -> CampaignView:
    texts = {"title": title, "question": title, "intro": "", "prize": ""} | more
    return replace(campaign, texts={"zh_CN": texts, "en": texts})


def read_pdf(content: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(content), strict=True)


def words_of(reader: pypdf.PdfReader, page: int = 0) -> str:
    """Return a page's text without any white space: lines are broken where they had to be."""
    return "".join(reader.pages[page].extract_text().split())


def rendered(content: bytes, page: int = 0, scale: float = 3.0) -> Image.Image:
    document = pypdfium2.PdfDocument(content)
    try:
        return document[page].render(scale=scale).to_pil()
    finally:
        document.close()


def links_in(picture: Image.Image) -> set[str]:
    return {code.text for code in zxingcpp.read_barcodes(picture)}


def embedded_fonts(reader: pypdf.PdfReader) -> dict[str, bool]:
    """Tell of every font in a document whether its glyphs are inside."""
    found = {}
    for page in reader.pages:
        for reference in page["/Resources"].get("/Font", {}).values():
            font = reference.get_object()
            inner = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
            descriptor = inner.get("/FontDescriptor", {})
            found[str(font["/BaseFont"])] = "/FontFile2" in descriptor or "/FontFile3" in descriptor
    return found
