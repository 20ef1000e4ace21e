"""Role by action by state by reach: the whole table, on both databases; refusals leave nothing.

What is tried is taken back at once, so that everything is tried on the same world.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from database import Base, Database
from errors import LuJianError, NotAllowedError, NotFoundError
from language import translations
from people.actors import OPERATOR, Actor, Grant, Role
from people.catalogue import Act
from submissions.receipts import new_public_id
from submissions.rules import Status
from tests.deeds.kinds import Deed, Look
from tests.deeds.table import DEEDS, ELSEWHERE, LOOKS
from tests.people.test_catalogue import agreed
from tests.submissions.acting import AUTHOR, NEIGHBOUR
from tests.world import REACHES, Thing, World, make_world, world_store
from wording.sentences import sentence_of

ROOT = Path(__file__).resolve().parent.parent.parent
AGREED = agreed()
MODERATING = {role for role in Role if AGREED[Act.MODERATE, role]}
Try = Callable[[Session], Any]


class _UndoneError(Exception):
    """What was tried is taken back."""


@pytest.fixture(scope="module")
def world(workshop: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    database = Database(workshop.make("permissions"))
    yield make_world(database, world_store(tmp_path_factory.mktemp("photos")))
    database.close()


def outcomes(world: World, tries: list[Try]) -> list[Any]:
    """Try each, take it back, and return what came of it: a value or the error."""

    def job(session: Session) -> list[Any]:
        return [outcome(session, each) for each in tries]

    result: list[Any] = world.database.write(job)
    return result


def outcome(session: Session, try_it: Try) -> Any:
    came: list[Any] = []
    try:
        with session.begin_nested():
            came.append(try_it(session))
            raise _UndoneError
    except _UndoneError:
        return came[0]
    except LuJianError as error:
        return error
    finally:
        session.expunge_all()


def tried(doing: Callable[..., Any], world: World, actor: Actor, thing: Thing) -> Try:
    return lambda session: doing(session, actor, world, thing)


def held_in(database: Database) -> dict[str, int]:
    with database.reading() as session:
        return {
            name: session.scalar(select(func.count()).select_from(table)) or 0
            for name, table in Base.metadata.tables.items()
        }


def refused(result: Any) -> bool:
    return isinstance(result, NotAllowedError | NotFoundError)


def told(result: Any, thing: Thing) -> str:
    """Return what somebody learns from a refusal, without the names that were asked for."""
    assert isinstance(result, LuJianError)
    said = f"{result.code} {sentence_of(result, translations('en'))}"
    for name in (thing.public_id, thing.comment, thing.photo):
        said = said.replace(name, "?")
    return said


def no_such(thing: Thing) -> Thing:
    """Return names of a thing that does not exist."""
    return replace(
        thing,
        public_id=new_public_id(),
        id=10**9,
        comment=new_public_id(),
        report=10**9 + 1,
        photo="z" * len(thing.photo),
        change=10**9 + 2,
        assignment=10**9 + 3,
    )


def acting(grants: frozenset[Grant], world: World, **more: Any) -> Actor:
    return Actor("desk", grants, account_id=world.account, name="acting", **more)


def cases(act: Act, about: str) -> list[tuple[Role, str, Status]]:
    """Return who to try: each role that may, at every reach; the others as far as can be."""
    states = list(Status) if about == "proposal" else [Status.PUBLISHED]
    return [
        (role, reach, status)
        for role, reach, status in product(Role, REACHES, states)
        if AGREED[act, role] or reach == "platform"
    ]


def reached(about: str, reach: str) -> bool:
    return about == "somewhere" or {"draft": "campaign"}.get(about, about) in REACHES[reach][1]


def in_sight(item: Deed | Look, role: Role, thing: Thing) -> bool:
    """Tell whether somebody with this role, where it reaches, knows of the thing."""
    if item.about != "proposal" or thing.status is Status.PUBLISHED:
        return True
    return role in MODERATING and not (isinstance(item, Deed) and item.shown)


def titles(items: list[Any]) -> list[str]:
    return [item.title for item in items]


@pytest.mark.parametrize("deed", DEEDS, ids=titles(DEEDS))
def test_role_by_reach_by_state(world: World, deed: Deed) -> None:
    before, decisions = held_in(world.database), Counter[bool]()
    table = cases(deed.act, deed.about)
    actors = [acting(frozenset({REACHES[reach][0](role)}), world) for role, reach, _ in table]
    things = [world.things[status] for _, _, status in table]
    tries = [tried(deed.do, world, a, t) for a, t in zip(actors, things, strict=True)]
    blind: list[tuple[Any, Thing, Try, Thing]] = []
    for case, actor, thing, result in zip(
        table, actors, things, outcomes(world, tries), strict=True
    ):
        role, reach, status = case
        may = AGREED[deed.act, role] and reached(deed.about, reach)
        wanted = may and in_sight(deed, role, thing)
        decisions[wanted] += 1
        assert refused(result) is not wanted, (case, result)
        if not wanted and deed.about == "draft":
            assert isinstance(result, NotFoundError) or not AGREED[deed.act, role], (case, result)
        if not wanted and deed.about == "proposal" and status is not Status.PUBLISHED:
            none = no_such(thing)
            blind.append((result, thing, tried(deed.do, world, actor, none), none))
        if wanted and deed.about == "proposal":
            assert isinstance(result, LuJianError) is (status not in deed.works), (case, result)
    # Of what is not shown they learn no more than of what does not exist.
    for (result, thing, _, none), other in zip(
        blind, outcomes(world, [one[2] for one in blind]), strict=True
    ):
        assert told(result, thing) == told(other, none), thing.status
    assert decisions[True]
    assert decisions[False] > decisions[True] or deed.about == "somewhere"
    assert held_in(world.database) == before


@pytest.mark.parametrize("deed", DEEDS, ids=titles(DEEDS))
def test_whoever_holds_no_role_for_it(world: World, deed: Deed) -> None:
    """Nobody, the author, a resident, all other roles together, a token without the act."""
    without = frozenset(Grant(role) for role in Role if not AGREED[deed.act, role])
    others = frozenset(set(Act) - {deed.act})
    nobodies = [
        Actor(),
        AUTHOR,
        NEIGHBOUR,
        acting(frozenset(), world),
        acting(without, world),
        acting(OPERATOR.grants, world, limited_to=others),
        acting(OPERATOR.grants, world, limited_to=frozenset()),
    ]
    pairs = list(product(nobodies, world.things.values()))
    results = outcomes(world, [tried(deed.do, world, actor, thing) for actor, thing in pairs])
    for (actor, thing), result in zip(pairs, results, strict=True):
        assert refused(result), (actor, thing.status, result)
    token = acting(OPERATOR.grants, world, limited_to=frozenset(Act))
    thing = world.things[min(deed.works)]
    assert not refused(outcomes(world, [tried(deed.do, world, token, thing)])[0])


@pytest.mark.parametrize("look", LOOKS, ids=titles(LOOKS))
def test_lists_hold_what_is_in_reach(world: World, look: Look) -> None:
    decisions = Counter[bool]()
    table = cases(look.act, look.about)
    tries = [
        tried(
            look.seen,
            world,
            acting(frozenset({REACHES[reach][0](role)}), world),
            world.things[status],
        )
        for role, reach, status in table
    ]
    for case, result in zip(table, outcomes(world, tries), strict=True):
        role, reach, status = case
        may = AGREED[look.act, role] and reached(look.about, reach)
        wanted = may and in_sight(look, role, world.things[status])
        wanted = wanted and (look.about != "proposal" or status in look.shows)
        decisions[wanted] += 1
        if not AGREED[look.act, role] and not look.open:
            assert isinstance(result, NotAllowedError), case
        else:
            assert result is wanted, (case, result)
    assert decisions[True]
    assert decisions[False] > decisions[True] or look.about == "somewhere"
    beside = {Act.MODERATE} if look.act is Act.SEE_DESK else set()
    others = frozenset(set(Act) - {look.act} - beside)
    nobodies = [Actor(), AUTHOR, acting(OPERATOR.grants, world, limited_to=others)]
    pairs = list(product(nobodies, world.things.values()))
    results = outcomes(world, [tried(look.seen, world, actor, thing) for actor, thing in pairs])
    for pair, result in zip(pairs, results, strict=True):
        assert result is False or isinstance(result, NotAllowedError), (pair, result)


def test_there_are_more_refusals_than_grants() -> None:
    decisions = Counter(
        AGREED[item.act, role] and reached(item.about, reach)
        for item, role, reach in product([*DEEDS, *LOOKS], Role, REACHES)
    )
    assert decisions[False] > 4 * decisions[True]


def acting_functions() -> set[str]:
    """Return the public functions of the rooms that take who acts, by module and name."""
    found = set()
    for room in ("people", "submissions"):
        for path in sorted((ROOT / room).glob("*.py")):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                    continue
                names = [each.arg for each in node.args.args]
                if "actor" in names and {"session", "database"} & set(names):
                    found.add(f"{path.stem}.{node.name}")
    return found


def test_every_action_stands_in_the_table() -> None:
    tried_here = {
        f"{item.action.__module__.rpartition('.')[2]}.{item.action.__name__}"
        for item in [*DEEDS, *LOOKS]
    }
    known = acting_functions()
    assert known - tried_here - set(ELSEWHERE) == set(), "add these to tests/deeds/"
    assert set(ELSEWHERE) <= known
    assert not set(ELSEWHERE) & tried_here
