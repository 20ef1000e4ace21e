"""Everything that is pinned can be installed from wheels where offices have their machines.

What tests need installs on Linux with each Python from its first release: Debian 12 has 3.11.2.

Public offices run servers with ARM processors and systems of 2018 (glibc 2.28); planners have
Windows. pip is asked for each of them. What a package needs there it would judge by the machine it
runs on, so that is worked out here, from what each package says.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import Environment, default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.lacking import lacks

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
RUNNING = ("requirements.txt",)
TESTING = (*RUNNING, *(f"requirements-{what}.txt" for what in ("dev", "heic", "dask")))
#: glibc 2.5 to 2.28; older wheels run on newer systems.
_GLIBC = ("1", "2010", "2014", *(f"_2_{minor}" for minor in range(5, 29)))
#: The tags of their wheels, and what markers say there: sys_platform, platform_system, os_name,
#: platform_machine.
PLATFORMS: dict[str, tuple[list[str], tuple[str, str, str, str]]] = {
    machine: (
        [f"manylinux{glibc}_{machine}" for glibc in _GLIBC],
        ("linux", "Linux", "posix", machine),
    )
    for machine in ("x86_64", "aarch64")
} | {
    "macos": (["macosx_14_0_arm64"], ("darwin", "Darwin", "posix", "arm64")),
    "windows": (["win_amd64"], ("win32", "Windows", "nt", "AMD64")),
}
_OFFLINE = ("Retrying (", "NewConnectionError", "Could not fetch URL")


def environment_of(platform: str, python: str) -> Environment:
    """Return what markers are asked of on a machine of this kind."""
    names = ("sys_platform", "platform_system", "os_name", "platform_machine")
    given = dict(zip(names, PLATFORMS[platform][1], strict=True))
    own = {"python_version": python, "python_full_version": f"{python}.0", "extra": ""}
    return {**default_environment(), **given, **own}  # type: ignore[typeddict-item, return-value]


def holds(requirement: Requirement, environment: Environment) -> bool:
    return requirement.marker is None or requirement.marker.evaluate(dict(environment))


def pins_for(environment: Environment, files: tuple[str, ...]) -> list[Requirement]:
    """Return what these files ask for there."""
    lines = [line for file in files for line in (ROOT / file).read_text("utf-8").splitlines()]
    pins = [Requirement(line) for line in lines if line and not line.startswith(("#", "-r"))]
    return [pin for pin in pins if holds(pin, environment)]


def resolved(platform: str, python: str, pins: list[Requirement], folder: Path) -> Any:
    """Return pip's report on these pins from wheels alone; without their own needs."""
    asked, report = folder / "requirements.txt", folder / "report.json"
    asked.write_text("\n".join(f"{pin.name}{pin.specifier}" for pin in pins))
    tags = [word for tag in PLATFORMS[platform][0] for word in ("--platform", tag)]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed"),
            *("--no-deps", "--only-binary=:all:", "--python-version", python, *tags),
            *("--target", str(folder / "nowhere"), "--report", str(report), "-r", str(asked)),
            *("--disable-pip-version-check", "--retries", "2"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode and any(sign in done.stderr for sign in _OFFLINE):
        lacks(f"the Python registry cannot be reached: {done.stderr[-600:]}")
    assert not done.returncode, f"{platform}, Python {python}: {done.stderr[-600:]}"
    return json.loads(report.read_text(encoding="utf-8"))


@pytest.mark.everything
@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize(
    ("platform", "files"),
    [*((platform, RUNNING) for platform in PLATFORMS), ("x86_64", TESTING)],
    ids=[*PLATFORMS, "x86_64 for tests"],
)
def test_all_pins_have_wheels_and_all_they_need_is_pinned(
    platform: str, files: tuple[str, ...], python: str, tmp_path: Path
) -> None:
    environment = environment_of(platform, python)
    pins = pins_for(environment, files)
    packages = [item["metadata"] for item in resolved(platform, python, pins, tmp_path)["install"]]
    versions = {str(canonicalize_name(each["name"])): each["version"] for each in packages}
    assert versions.keys() == {canonicalize_name(pin.name) for pin in pins}
    needed = [
        (package["name"], need)
        for package in packages
        for need in map(Requirement, package.get("requires_dist", ()))
        if holds(need, environment)
    ]
    unmet = [f"{name} needs {need}" for name, need in needed if not is_met(need, versions)]
    assert not unmet


def is_met(need: Requirement, versions: dict[str, str]) -> bool:
    version = versions.get(canonicalize_name(need.name))
    return version is not None and need.specifier.contains(version, prereleases=True)
