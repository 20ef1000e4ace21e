"""OGC API - Features over the demo, as a client sees it."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

#: Of the demo: what the tests look at.
PROPOSALS = "bike-parking_proposals"


class Service:
    """The service, asked for JSON by path; ``get`` fails for anything but 200."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def get(self, path: str, **parameters: Any) -> Any:
        answer = self.client.get(f"/ogc{path}", params=parameters)
        assert answer.status_code == 200, (answer.url, answer.text[:300])
        return answer.json()

    def items(self, name: str = PROPOSALS, **parameters: Any) -> Any:
        told = {key.replace("_", "-"): value for key, value in parameters.items()}
        return self.get(f"/collections/{name}/items", **told)

    def refused(self, path: str, **parameters: Any) -> str:
        """Return the sentence with which an address is refused as a bad request."""
        answer = self.client.get(f"/ogc{path}", params=parameters)
        assert answer.status_code == 400, (answer.url, answer.status_code)
        return str(answer.json()["sentence"])

    def follow(self, href: str) -> Any:
        answer = self.client.get(href)
        assert answer.status_code == 200, (href, answer.text[:300])
        return answer


@pytest.fixture
def service(demo_client: TestClient) -> Service:
    return Service(demo_client)


def rels(told: dict[str, Any]) -> dict[str, list[dict[str, str]]]:
    """Return the links of a document by their relation."""
    found: dict[str, list[dict[str, str]]] = {}
    for one in told["links"]:
        found.setdefault(one["rel"], []).append(one)
    return found
