"""``python -m analysis themes``: it measures, reads files and the database, and checks a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analysis.themes.taxonomy import FILE
from commands.themes import main
from core.settings import get_settings


def test_a_file_is_read_and_its_themes_are_written_beside(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = tmp_path / "said.csv", tmp_path / "themes.csv"
    source.write_text("id,said\n1,椅子太少\n2,Please add a bench\n3,支持\n", encoding="utf-8")
    assert main(["themes", "apply", str(source), "-o", str(target), "--text", "said"]) == 0
    lines = target.read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "id,said,themes,themes_confidence"
    assert lines[1].split(",")[2] == "seats too_few"
    assert lines[2].split(",")[2] == "seats more"
    assert lines[3].split(",")[2] == ""
    assert len(lines[1].split(",")[3].split()) == 2
    assert "3 texts, 2 of them with a theme" in capsys.readouterr().err
    assert main(["themes", "apply", str(source), "-o", str(target)]) == 2
    assert "there are: id, said" in capsys.readouterr().err


def test_an_edited_file_of_themes_is_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["themes", "check"]) == 0
    assert "good." in capsys.readouterr().out
    raw = json.loads(FILE.read_text(encoding="utf-8"))
    raw["themes"][2]["says"] = ["(a|"]
    (tmp_path / "mine.json").write_text(json.dumps(raw), encoding="utf-8")
    assert main(["themes", "check", "--themes", str(tmp_path / "mine.json")]) == 2
    assert "theme no_parking, says: the phrase '(a|' is not clear" in capsys.readouterr().err


def test_the_database_is_trained_and_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LUJIAN_DATABASE_URL", f"sqlite:///{tmp_path / 'own.sqlite'}")
    get_settings.cache_clear()
    try:
        assert main(["themes", "train"]) == 0
        assert "version 1, trained" in capsys.readouterr().out
        assert main(["themes", "apply"]) == 0
        assert "version 1, trained" in capsys.readouterr().out
    finally:
        get_settings.cache_clear()
