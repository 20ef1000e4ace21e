"""Templates are compiled once, whatever the language, and never run as what they were before."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

from core import language
from serving import template_code
from serving.template_code import TemplateCode
from serving.visit import environment


def test_a_template_is_the_same_code_in_every_language(everything: bool) -> None:
    """So that one language may take what another has compiled: no word of it is in the code."""
    compiled = set()
    for lang in language.LANGUAGES if everything else ("zh_CN", "en"):
        made = environment(lang)
        texts = ((name, made.loader.get_source(made, name)[0]) for name in made.list_templates())  # type: ignore[union-attr]
        compiled.add(tuple((name, made.compile(text, name, raw=True)) for name, text in texts))
    assert len(compiled) == 1
    (code,) = compiled
    assert len(code) > 50


def test_code_is_taken_from_the_folder_only_for_the_text_it_was_made_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Environment(loader=DictLoader({"page": "before {{ 1 + 1 }}"}))
    assert template_code.prepare(before, tmp_path) == 1
    (file,) = (file for file in tmp_path.rglob("*") if file.is_file())

    def read(text: str) -> str:
        made = Environment(loader=DictLoader({"page": text}), bytecode_cache=TemplateCode(tmp_path))
        return made.get_template("page").render()

    with monkeypatch.context() as patch:
        patch.setattr(Environment, "compile", lambda *_: pytest.fail("compiled again"))
        assert read("before {{ 1 + 1 }}") == "before 2"
    assert read("after") == "after"
    file.write_bytes(b"spoilt")
    assert read("before {{ 1 + 1 }}") == "before 2"
    file.unlink()
    assert read("before {{ 1 + 1 }}") == "before 2"
