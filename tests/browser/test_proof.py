"""The browser solves the server's challenges, on plain http too, and the page stays alive."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, Route

from people.access.proof_of_work import ProofDesk, proof_key
from tests.browser.walking import ROOT, Guard
from tests.lacking import lacks

#: Plain http from another host: no secure context, so no crypto.subtle.
HOME = "http://lujian.test"
FOLDERS = {"/assets/web/": "web/static", "/assets/js-sha256/": "node_modules/js-sha256/build"}


def serve(route: Route) -> None:
    """Answer with an empty page, or with a script from where the program serves it."""
    path = route.request.url.removeprefix(HOME)
    for prefix, folder in FOLDERS.items():
        if path.startswith(prefix):
            file = ROOT / folder / path.removeprefix(prefix)
            route.fulfill(body=file.read_text(), content_type="text/javascript")
            return
    route.fulfill(body="<link rel=icon href=data:,>", content_type="text/html")


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    if not (ROOT / FOLDERS["/assets/js-sha256/"]).is_dir():
        lacks("js-sha256 is missing: npm ci --ignore-scripts")
    page, guard = chromium.new_page(), Guard(HOME)
    guard.watch(page)
    page.route(f"{HOME}/**", serve)
    page.goto(f"{HOME}/")
    yield page
    page.close()
    assert not guard.problems


SOLVE = """async (challenge) => {
  const { solve } = await import("/assets/web/proof.js");
  return solve(challenge);
}"""


def test_solutions_are_accepted_without_a_secure_context(page: Page) -> None:
    desk = ProofDesk(proof_key("k" * 32), max_number=2_000)
    now = datetime.now(UTC)
    assert page.evaluate("() => crypto.subtle === undefined && !isSecureContext")
    for _ in range(5):
        payload = page.evaluate(SOLVE, desk.challenge(now=now))
        assert desk.check(payload, now=now)
        assert not desk.check(payload, now=now)


def test_the_page_stays_alive_and_a_hopeless_challenge_ends(page: Page) -> None:
    challenge = ProofDesk(proof_key("k" * 32)).challenge(now=datetime.now(UTC))
    hopeless = challenge | {"salt": "another&"}
    error, ticks = page.evaluate(
        """async (challenge) => {
          const { solve } = await import("/assets/web/proof.js");
          let ticks = 0;
          const clock = setInterval(() => { ticks += 1; }, 1);
          const error = await solve(challenge).catch((e) => e.message);
          clearInterval(clock);
          return [error, ticks];
        }""",
        hopeless,
    )
    assert error == "no solution"
    assert ticks > 1
    wrong = challenge | {"algorithm": "SHA-1"}
    said = page.evaluate(SOLVE.replace("solve(challenge)", "solve(challenge).catch(String)"), wrong)
    assert "unknown algorithm" in said
