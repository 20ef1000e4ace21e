"""What holds for every route, whoever adds one: found in the applications, not in a list."""

from __future__ import annotations

from collections import Counter

import pytest

from api.context import Context
from api.senders import SAFE
from people.actors import Role
from submissions.queries import CampaignView
from tests.web.acting import filed, sign_in
from tests.web.browsing import Browser
from tests.web.conftest import site
from tests.web.every_route import every_route

FOREIGN = [
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "cross-site"},
]
LEAST_ROUTES = {"GET": 80, "POST": 55, "DELETE": 1}


@pytest.fixture
def staff(room: Context, campaign: CampaignView) -> Browser:
    """Give an administrator's browser, and something to see."""
    browser = Browser(site(room))
    filed(browser)
    sign_in(browser, room.database, Role.ADMINISTRATOR)
    return browser


def test_every_change_is_refused_to_other_sites(room: Context, staff: Browser) -> None:
    unsafe = [route for route in every_route(site(room)) if route[0] not in SAFE]
    methods = Counter(method for method, _address in every_route(site(room)))
    assert all(methods[method] >= least for method, least in LEAST_ROUTES.items()), methods
    for method, address in unsafe:
        for headers in FOREIGN:
            answer = staff.client.request(method, address, headers=headers)
            assert answer.status_code == 403, (method, address, headers, answer.status_code)
