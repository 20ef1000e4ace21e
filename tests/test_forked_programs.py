"""Forked programs are like those that Python starts, and end as those do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from tests.forked_programs import Nursery, run_program, start_program

TELLS = """
import os, random, sys
from core.settings import get_settings
print(sys.argv[1:], os.environ.get("LUJIAN_OF_A_TEST"), get_settings().demo, random.random())
print("wrong", file=sys.stderr)
sys.exit(3)
"""


@pytest.fixture(params=["forked", "started"])
def how(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let programs be forked, and started by Python."""
    if request.param == "started" or sys.platform != "linux":
        monkeypatch.setattr(Nursery, "folder", None)
    return str(request.param)


def test_it_has_words_settings_files_and_an_end_of_its_own(how: str) -> None:
    settings = {**os.environ, "LUJIAN_OF_A_TEST": how, "LUJIAN_DEMO": "0"}
    code, told, wrong = run_program(["-c", TELLS, "a", "b c"], env=settings)
    assert (code, wrong) == (3, "wrong\n")
    assert told.startswith(f"['a', 'b c'] {how} False 0.")
    assert run_program(["-c", TELLS, "a", "b c"], env=settings)[1] != told  # chance is its own
    assert "LUJIAN_OF_A_TEST" not in os.environ


def test_what_fails_says_where(how: str) -> None:
    code, told, wrong = run_program(["-c", "import core\n1 / 0"])
    assert (code, told) == (1, "")
    assert "ZeroDivisionError" in wrong


def test_it_is_killed_like_any_other(how: str) -> None:
    program = start_program(["-c", "import time; time.sleep(60)"])
    assert program.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        program.wait(0.05)
    program.kill()
    assert program.wait(20) == -signal.SIGKILL == program.poll() == program.returncode
    program.kill()  # of what has ended nothing is killed
