"""THIRD_PARTY.md names all that is installed with LuJian, and none of it is under the GPL."""

from __future__ import annotations

import json
import re
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
_ROW = re.compile(r"^\| (\S+) \| (.+?) \| (.*?) \|$", re.MULTILINE)
#: Encoders and renderers under the GPL that wheels are known to carry.
_GPL_CODE = re.compile(
    r"(x26[45]|xvid|poppler|mysql|readline|fftw).*\.(so|dylib|dll|pyd|exe)\b", re.I
)
_FREE_USE = re.compile(r"GPL-3\.0 with the GCC Runtime Library Exception")
_GPL = re.compile(r"(?<!L)A?GPL", re.IGNORECASE)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def pins(file: str, *, here: bool = True) -> list[str]:
    """Name what is pinned: here, or on machines of any kind."""
    lines = re.findall(r"^[A-Za-z0-9_.-]+==.*$", read(file), re.MULTILINE)
    found = [Requirement(line) for line in lines]
    return [pin.name for pin in found if not here or pin.marker is None or pin.marker.evaluate()]


def rows() -> dict[str, tuple[str, str]]:
    return {
        name: (licence, carried) for name, licence, carried in _ROW.findall(read("THIRD_PARTY.md"))
    }


def carried_libraries(package: Distribution) -> set[str]:
    """Name the shared libraries that were put into a wheel (``libheif`` of libheif-ab12.so.1)."""
    return {
        re.sub(r"-[0-9a-f]{8}.*|\.(so|dylib|dll)\b.*", "", file.name)
        for file in package.files or ()
        if re.search(r"\.libs/|\.dylibs/", str(file))
    }


def said_licence(package: Distribution) -> str:
    """Return what a package says of its licence: an SPDX expression, or its classifiers."""
    said = package.metadata
    return said.get("License-Expression") or " ".join(
        kind for kind in said.get_all("Classifier") or () if kind.startswith("License")
    )


@pytest.mark.parametrize("name", pins("requirements.txt") + pins("requirements-heic.txt"))
def test_a_package_stands_there_with_its_licence_and_what_it_carries(name: str) -> None:
    licence, carried = rows()[name]
    package = distribution(name)
    spdx = package.metadata.get("License-Expression")
    assert spdx in {None, licence}
    missing = {lib for lib in carried_libraries(package) if not re.search(rf"\b{lib}\b", carried)}
    assert not missing


@pytest.mark.parametrize("name", pins("requirements.txt"))
def test_nothing_that_is_needed_is_or_carries_gpl_code(name: str) -> None:
    package = distribution(name)
    assert not _GPL.search(re.sub(r"Lesser General|LGPL", "", said_licence(package)))
    assert not _GPL.search(_FREE_USE.sub("", " ".join(rows()[name])))
    assert not [str(file) for file in package.files or () if _GPL_CODE.search(file.name)]


def test_what_other_systems_need_stands_there_too() -> None:
    named = pins("requirements.txt", here=False)
    assert set(named) <= set(rows())
    assert set(named) >= set(pins("requirements.txt"))


def test_what_a_dask_cluster_needs_stands_there_and_is_not_under_the_gpl() -> None:
    named = pins("requirements-dask.txt", here=False)
    assert "distributed" in named
    for name in named:
        assert not _GPL.search(" ".join(rows()[name]))


def test_the_search_for_gpl_code_finds_some() -> None:
    """What is kept out by it is kept out for what it finds: the one package that is left out."""
    found = [file.name for file in distribution("pillow_heif").files or ()]
    assert any(_GPL_CODE.search(name) for name in found)
    assert "pillow_heif" not in pins("requirements.txt")
    assert _GPL.search(_FREE_USE.sub("", rows()["pillow_heif"][1]))


def test_front_end_packages_stand_there_with_their_licence() -> None:
    packages = json.loads(read("package-lock.json"))["packages"]
    for folder, package in packages.items():
        if folder:
            licence, _ = rows()[folder.removeprefix("node_modules/")]
            assert licence == package["license"], folder


def test_lujian_is_under_the_apache_licence_everywhere() -> None:
    assert 'license = "Apache-2.0"' in read("pyproject.toml")
    assert json.loads(read("package.json"))["license"] == "Apache-2.0"
    text = read("LICENSE")
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert "Copyright 2026 The LuJian contributors" in text
    for readme in ("README.md", "README.zh-CN.md"):
        assert "(LICENSE)" in read(readme)
        assert "(THIRD_PARTY.md)" in read(readme)
