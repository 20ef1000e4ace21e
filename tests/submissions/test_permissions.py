"""Role by action by state by reach, on both databases; refusals leave nothing.

The whole product of roles, acts, reaches and places is decided in memory in
``tests/people/access/test_permissions.py``, and here once in SQL. Each action tries every role,
every reach and every state, and with ``--everything`` the product of them. What is tried is taken
back at once, so that everything is tried on the same world.
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
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.database import Base, Database
from core.errors import LuJianError, NotAllowedError, NotFoundError
from core.language import translations
from layers.communities.communities import load_communities
from people.access.actor import OPERATOR, Actor, Grant, Role, Where
from people.access.permissions import ANYBODY, Act, may
from submissions.campaigns.models import Campaign
from submissions.proposals.jurisdiction import may_for, within
from submissions.proposals.models import Proposal
from submissions.proposals.receipt_codes import new_public_id
from submissions.proposals.states import Status
from tests.conftest import NOW, quarters
from tests.deeds.kinds import Deed, Look
from tests.deeds.looking import LOOKS
from tests.deeds.table import DEEDS, ELSEWHERE
from tests.people.access.test_permissions import agreed
from tests.submissions.acting import AUTHOR, NEIGHBOUR
from tests.world import (
    COMMUNITY,
    EDITION,
    HERE,
    NEXT,
    REACHES,
    Thing,
    World,
    make_world,
    world_store,
)
from wording.error_messages import sentence_of

ROOT = Path(__file__).resolve().parent.parent.parent
AGREED = agreed()
MODERATING = {role for role in Role if AGREED[Act.MODERATE, role]}
Try = Callable[[Session], Any]
ACTING_ROOMS = (
    *("people", "notifications", "layers", "submissions", "analysis", "deliberation"),
    *("moderation", "packs"),
)


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


Case = tuple[Role, str, Status]
UNSEEN = Status.HELD


def cases(act: Act, about: str, everything: bool) -> list[Case]:
    """Return who to try: each role, each reach and each state, or the whole product of them."""
    return product_of(act, about) if everything else each_of(act, about)


def product_of(act: Act, about: str) -> list[Case]:
    """Return each role that may, at every reach and in every state; the others at the widest."""
    states = list(Status) if about == "proposal" else [Status.PUBLISHED]
    return [
        (role, reach, status)
        for role, reach, status in product(Role, REACHES, states)
        if AGREED[act, role] or reach == "platform"
    ]


def each_of(act: Act, about: str) -> list[Case]:
    """Return every role, every reach and every state once, beside what is allowed.

    States are tried by one who moderates, one who does not and one who may not; and what is not
    shown, at every reach: else it would be told from what is not there.
    """
    able = [role for role in Role if AGREED[act, role]]
    wanted = [(role, "platform", Status.PUBLISHED) for role in Role]
    wanted += [(able[-1], reach, Status.PUBLISHED) for reach in REACHES]
    if about == "proposal":
        kinds = [[role for role in able if (role in MODERATING) is kind] for kind in (True, False)]
        few = [*(kind[0] for kind in kinds if kind), *(r for r in Role if r not in able)][:3]
        wanted += [(role, "platform", status) for role, status in product(few, Status)]
        wanted += [(able[-1], reach, UNSEEN) for reach in REACHES]
    return list(dict.fromkeys(wanted))


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
def test_role_by_reach_by_state(world: World, deed: Deed, everything: bool) -> None:
    before, decisions = held_in(world.database), Counter[bool]()
    table = cases(deed.act, deed.about, everything)
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
    assert decisions[False]
    assert held_in(world.database) == before


@pytest.mark.parametrize("deed", DEEDS, ids=titles(DEEDS))
def test_whoever_holds_no_role_for_it(world: World, deed: Deed, everything: bool) -> None:
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
    things = world.things
    pairs = [(who, things[Status.PUBLISHED]) for who in nobodies]
    if deed.about == "proposal":  # an author sees it in every state; a token is an administrator's
        pairs += [(AUTHOR, thing) for thing in things.values()]
        pairs += [(who, things[UNSEEN]) for who in nobodies]
    if everything:
        pairs = list(product(nobodies, things.values()))
    results = outcomes(world, [tried(deed.do, world, actor, thing) for actor, thing in pairs])
    for (actor, thing), result in zip(pairs, results, strict=True):
        assert refused(result), (actor, thing.status, result)
    token = acting(OPERATOR.grants, world, limited_to=frozenset(Act))
    thing = world.things[min(deed.works)]
    assert not refused(outcomes(world, [tried(deed.do, world, token, thing)])[0])


@pytest.mark.parametrize("look", LOOKS, ids=titles(LOOKS))
def test_lists_hold_what_is_in_reach(world: World, look: Look, everything: bool) -> None:
    decisions = Counter[bool]()
    table = cases(look.act, look.about, everything)
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
    assert decisions[False]
    beside = {Act.MODERATE} if look.act is Act.SEE_DESK else set()
    others = frozenset(set(Act) - {look.act} - beside)
    nobodies = [Actor(), AUTHOR, acting(OPERATOR.grants, world, limited_to=others)]
    shown = [world.things[status] for status in (Status.PUBLISHED, UNSEEN)]
    pairs = list(product(nobodies, world.things.values() if everything else shown))
    results = outcomes(world, [tried(look.seen, world, actor, thing) for actor, thing in pairs])
    for pair, result in zip(pairs, results, strict=True):
        assert result is False or isinstance(result, NotAllowedError), (pair, result)


#: Where a proposal may lie: its community and edition, and its campaign's subdistrict.
PLACES = [
    (COMMUNITY, EDITION, HERE),
    (NEXT, EDITION, HERE),
    (COMMUNITY, "2023", HERE),
    (None, EDITION, HERE),
    (COMMUNITY, EDITION, ""),
    (None, EDITION, ""),
]


def spread(session: Session, world: World) -> dict[int, Where]:
    """Put one proposal to each place; return where each is."""
    later = {"source": "test", "schematic": True, "now": NOW}
    load_communities(session, OPERATOR, "2023", quarters(), **later)
    everywhere = update(Campaign).where(Campaign.slug == world.draft).values(subdistrict="")
    session.execute(everywhere)
    other = session.scalars(select(Campaign.id).where(Campaign.slug == world.draft)).one()
    found = {}
    for thing, (code, edition, subdistrict) in zip(world.things.values(), PLACES, strict=True):
        values = {"community_code": code, "edition": edition}
        values |= {} if subdistrict else {"campaign_id": other}
        session.execute(update(Proposal).where(Proposal.id == thing.id).values(values))
        found[thing.id] = Where(subdistrict, code or "", edition)
    session.expire_all()
    return found


@pytest.mark.on_both
@pytest.mark.parametrize("act", sorted(set(Act) - ANYBODY))
def test_the_database_decides_as_the_catalogue_does(world: World, act: Act) -> None:
    """Every role, reach and place: ``within`` in SQL, and ``may_for`` for each row."""

    def compare(session: Session) -> list[bool]:
        decisions = []
        places = spread(session, world)
        rows = session.scalars(select(Proposal).where(Proposal.id.in_(places))).all()
        for role, reach in product(Role, REACHES):
            actor = acting(frozenset({REACHES[reach][0](role)}), world)
            wanted = {number for number, place in places.items() if may(actor, act, place)}
            found = select(Proposal.id).where(Proposal.id.in_(places), within(actor, act))
            assert set(session.scalars(found)) == wanted, (role, reach)
            assert {r.id for r in rows if may_for(session, actor, act, r)} == wanted, (role, reach)
            decisions += [number in wanted for number in places]
        return decisions

    (decisions,) = outcomes(world, [compare])
    assert decisions.count(False) > decisions.count(True) > 0


def test_there_are_more_refusals_than_grants() -> None:
    decisions = Counter(
        AGREED[item.act, role] and reached(item.about, reach)
        for item, role, reach in product([*DEEDS, *LOOKS], Role, REACHES)
    )
    assert decisions[False] > 4 * decisions[True]


def acting_functions() -> set[str]:
    """Return the public functions of the rooms that take who acts, by module and name."""
    found = set()
    for room in ACTING_ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
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
