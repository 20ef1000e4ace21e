"""The file of themes: what its phrases find, what they must not, and what is said of a bad file."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from analysis.themes.taxonomy import (
    FILE,
    TaxonomyError,
    load_taxonomy,
    parse_taxonomy,
    taxonomy_in_force,
)

RAW = json.loads(FILE.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("text", "has", "has_not"),
    [
        ("单车太多了", "too_many", "too_few"),
        ("单车太少了", "too_few", "too_many"),
        ("椅子不太多", "", "too_many"),
        ("增加两个停车点", "more", "less"),
        ("取消这两个停车点", "less", "more"),
        ("不要再增加停车点", "", "more"),
        ("千万别取消停车点", "", "less"),
        ("车位太少，椅子太多", "too_many too_few", ""),
        ("There are too many bikes", "too_many", "too_few"),
        ("Too few seats here", "too_few", "too_many"),
        ("Please add two more benches", "more seats", "less"),
        ("Please remove the benches", "less seats", "more"),
        ("希望增設溜滑梯", "more play", "less"),
        ("請取消這個停車點", "less", "more"),
        ("晚上 too dark，装几个 light", "light", "noise"),
        ("这里不要停车", "no_parking", "new_parking"),
        ("没有地方停车", "new_parking too_few", "no_parking"),
        ("轮椅过不去", "barrier blocked", "seats"),
    ],
)
def test_opposites_and_denials_are_told_apart(text: str, has: str, has_not: str) -> None:
    said = set(load_taxonomy().said(text))
    assert set(has.split()) <= said
    assert not set(has_not.split()) & said


def test_no_clause_of_opposite_meaning_lands_in_both_themes() -> None:
    taxonomy = load_taxonomy()
    things = ("椅子", "单车", "路灯", "树", "停车点", "垃圾桶", "健身器材", "台阶")
    for thing in things:
        for first, second in ((f"{thing}太多", f"{thing}太少"), (f"增加{thing}", f"取消{thing}")):
            said = set(taxonomy.said(first)), set(taxonomy.said(second))
            for one, other in taxonomy.opposites:
                assert not {one, other} <= said[0]
                assert not {one, other} <= said[1]
            directions = {"too_many", "too_few", "more", "less"}
            assert said[0] & directions, first
            assert not said[0] & said[1] & directions, (first, second)


def test_a_group_stands_for_its_themes_and_a_theme_for_itself() -> None:
    taxonomy = taxonomy_in_force()
    assert "new_parking" in taxonomy.of_group("position")
    assert taxonomy.of_group("seats") == ("seats",)
    assert not taxonomy.knows("nothing")
    assert {theme.group for theme in taxonomy.themes} == {group.code for group in taxonomy.groups}


def _broken(change: Any) -> str:
    raw = copy.deepcopy(RAW)
    change(raw)
    with pytest.raises(TaxonomyError) as told:
        parse_taxonomy(raw)
    return str(told.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda raw: raw["themes"][0].pop("names"), "theme 1: the field names is missing."),
        (lambda raw: raw["themes"][1].update(code="Bad Code"), "small Latin letters"),
        (lambda raw: raw["themes"][1].update(code="new_parking"), "new_parking: this code is used"),
        (lambda raw: raw["themes"][0].update(group="else"), "there is no group called else."),
        (lambda raw: raw["themes"][0].update(says=[]), "at least one phrase in says."),
        (lambda raw: raw["themes"][0].update(says=["(划|画"]), "brackets stand for either"),
        (lambda raw: raw["themes"][0].update(says=["(划|画)?"]), "something must stand outside"),
        (lambda raw: raw["themes"][0].update(says=["…"]), "something must stand outside"),
        (lambda raw: raw["themes"][0].update(colour="red"), "there is no field called colour."),
        (lambda raw: raw["themes"][0]["names"].pop("zh_Hant"), "the field zh_Hant is missing."),
        (lambda raw: raw.update(opposites=[["more", "nowhere"]]), "must be a pair of codes"),
        (lambda raw: raw.update(same_letters="車车 x"), "must be two letters"),
        (lambda raw: raw.update(themes={}), "must be a list"),
    ],
)
def test_a_bad_file_is_told_in_a_sentence(change: Any, said: str) -> None:
    assert said in _broken(change)


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(TaxonomyError, match="cannot be read"):
        load_taxonomy(tmp_path / "none.json")
    (tmp_path / "odd.json").write_text('{"version": ', encoding="utf-8")
    with pytest.raises(TaxonomyError, match="this is not JSON"):
        load_taxonomy(tmp_path / "odd.json")


def test_phrases_are_not_patterns_of_a_programmer() -> None:
    raw = copy.deepcopy(RAW)
    raw["themes"][0]["says"] = ["a.c", "一…三(四|五)?六"]
    theme = parse_taxonomy(raw).themes[0]
    assert theme.is_said("a.c")
    assert not theme.is_said("abc")
    assert theme.is_said("一二三六")
    assert theme.is_said("一三五六")
    assert not theme.is_said("一" + "二" * 11 + "三六")
