"""Which process runs which tests, of those that ``make test`` starts.

A test runs alone, in whichever process is free, unless it shares with others what takes seconds to
make: these run one after the other in one process. Every second process begins at the end of the
list. Journeys in the browser stand first and what shares a world stands last, so that journeys,
which wait a lot, run beside tests that never wait, and short tests, on which all processes meet,
fill what is left of the time. Tests on the same kind of database follow each other, so that none
of them is set up twice.

pytest-xdist has marks for groups, but writes them where pytest 9.2 no longer looks, so that they do
nothing: what is together here is told by a test's address alone.
"""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

BROWSER = "tests/browser/"
#: Files that share a world that is costly to make, by the name of it.
WORLDS = {
    "tests/web/desk/test_desk_permissions.py": "door",
    "tests/web/test_leaks.py": "door",
    "tests/web/test_forging.py": "door",
    "tests/submissions/test_permissions.py": "permissions",
    "tests/deploy/test_nginx.py": "nginx",
    "tests/analysis/themes/test_theme_index.py": "themes",
}
#: Files of journeys so long that each of their functions is a group of its own.
LONG = {f"{BROWSER}test_accessible.py"}


def group_of(nodeid: str) -> str:
    """Return the name of what runs one after the other in one process."""
    file, _, rest = nodeid.partition("::")
    if file in LONG:
        return f"{file}::{rest.partition('[')[0]}"
    if file.startswith(BROWSER):
        return file
    if file in WORLDS:
        return f"{WORLDS[file]} {'postgis' if '[postgis' in rest else 'sqlite'}"
    return nodeid


def in_order(items: list[pytest.Item]) -> list[pytest.Item]:
    """Return journeys first, long ones before short ones; then short tests; then the groups."""
    sizes: dict[str, int] = {}
    for item in items:
        group = group_of(item.nodeid)
        sizes[group] = sizes.get(group, 0) + 1

    def rank(item: pytest.Item) -> tuple[int, int]:
        size, on_postgis = sizes[group_of(item.nodeid)], "[postgis" in item.nodeid
        if item.nodeid.startswith(BROWSER):
            return 0, -size
        return (2 + on_postgis, size) if size == 1 else (5 - on_postgis, size)

    return sorted(items, key=rank)


class InGroups(LoadScopeScheduling):
    """Hands out groups as wholes, from both ends of the order in which they were collected."""

    def __init__(self, config: pytest.Config, log: Any = None) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)

    def _assign_work_unit(self, node: Any) -> None:
        if self.nodes.index(node) % 2:
            self.workqueue.move_to_end(next(reversed(self.workqueue)), last=False)
        super()._assign_work_unit(node)
