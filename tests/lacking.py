"""What a machine may lack: a test skips and says how to get it, or fails where all is required."""

from __future__ import annotations

import os
from shutil import which
from typing import NoReturn

import pytest


def all_is_required() -> bool:
    """Tell whether every back end must be there, as in CI."""
    return os.environ.get("LUJIAN_REQUIRE_ALL") == "1"


def lacks(told: str) -> NoReturn:
    """Skip the test that runs, or fail it where all is required."""
    (pytest.fail if all_is_required() else pytest.skip)(told)
    raise AssertionError(told)


def need_gdal() -> None:
    """Go on only where GDAL's commands are."""
    if which("ogrinfo") is None or which("ogr2ogr") is None:
        lacks("ogrinfo and ogr2ogr are missing: apt install gdal-bin")
