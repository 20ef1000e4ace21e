"""Who may do what, where: the whole table of roles, acts and reaches, as people agreed on it."""

from __future__ import annotations

from itertools import product

import pytest

from people.access.actor import EVERYWHERE, OPERATOR, Actor, Grant, Reach, Role, Where, everywhere
from people.access.permissions import ANYBODY, ROLES, Act, may, may_somewhere

#: One column a role, in the order of the table: planner from among residents, social worker,
#: community planner, subdistrict, department, administrator. Nobody else has a desk.
COLUMNS = (
    Role.RESIDENT_PLANNER,
    Role.SOCIAL_WORKER,
    Role.COMMUNITY_PLANNER,
    Role.SUBDISTRICT_OFFICER,
    Role.DEPARTMENT,
    Role.ADMINISTRATOR,
)
AGREED = """
see_desk         x x x x x x
assist           x x x x . x
observe          x x x x . x
discuss          x x x x x x
assign           . x x x . x
moderate         . x . x . x
merge            . x . x . x
answer           . x x x x x
make_topic       . . x x . x
give_pack        . . x x . x
import           . . x x . x
print            x x x x . x
load_layer       . . x x . x
publish_layer    . . . x . x
load_communities . . . x . x
make_campaign    . . . x . x
draw_prizes      . . . x . x
see_audit        . . . x . x
manage_accounts  . . . . . x
manage_office    . . . . . x
"""
HERE = Where("110108017", "110108017014", "2020")
NEXT = Where("110108017", "110108017016", "2020")
LATER = Where("110108017", "110108017014", "2023")
AWAY = Where("110108018", "110108018001", "2020")
STRAY = Where("", "110108017014", "2020")  # a campaign of the whole district
CAMPAIGN = Where("110108017")
PLACES = (HERE, NEXT, LATER, AWAY, STRAY, CAMPAIGN, Where("110108018"), EVERYWHERE)
REACHES = {
    Grant(Role.RESIDENT): set(PLACES),
    Grant(Role.RESIDENT, Reach.SUBDISTRICT, "110108017"): {HERE, NEXT, LATER, STRAY, CAMPAIGN},
    Grant(Role.RESIDENT, Reach.COMMUNITY, "110108017014", "2020"): {HERE, STRAY},
    Grant(Role.RESIDENT, Reach.COMMUNITY, "110108017014", "2023"): {LATER},
    Grant(Role.RESIDENT, Reach.COMMUNITY, "", ""): set(),
    Grant(Role.RESIDENT, Reach.SUBDISTRICT, ""): set(),
}


def agreed() -> dict[tuple[str, Role], bool]:
    """Return the table of every desk act and every role."""
    told = dict.fromkeys(product(set(Act) - ANYBODY, Role), False)
    for line in AGREED.split("\n")[1:-1]:
        act, *marks = line.split()
        told |= {(Act(act), r): m == "x" for r, m in zip(COLUMNS, marks, strict=True)}
    return told


def test_role_by_act() -> None:
    table = agreed()
    assert set(ROLES) | ANYBODY == set(Act)
    assert not set(ROLES) & ANYBODY
    for (act, role), wanted in table.items():
        actor = Actor("device", everywhere(role))
        assert may(actor, act) is wanted, (act, role)
        assert may_somewhere(actor, act) is wanted
    assert list(table.values()).count(False) > list(table.values()).count(True)


def test_role_by_act_by_reach_by_place() -> None:
    decisions = []
    for (act, role), wanted in agreed().items():
        for grant, places in REACHES.items():
            held = Grant(role, grant.reach, grant.code, grant.edition)
            actor = Actor(None, frozenset({held}))
            for place in PLACES:
                assert may(actor, act, place) is (wanted and place in places), (act, held, place)
                decisions.append(wanted and place in places)
    assert decisions.count(False) > 5 * decisions.count(True)


def test_several_roles_do_not_borrow_each_others_reach() -> None:
    here = Grant(Role.SOCIAL_WORKER, Reach.COMMUNITY, HERE.community, HERE.edition)
    actor = Actor(None, frozenset({here, Grant(Role.RESIDENT_PLANNER)}))
    assert may(actor, Act.MODERATE, HERE)
    assert not may(actor, Act.MODERATE, NEXT)
    assert may(actor, Act.OBSERVE, NEXT)
    assert not may(actor, Act.MODERATE)
    assert may_somewhere(actor, Act.MODERATE)


@pytest.mark.parametrize("act", sorted(ANYBODY))
def test_what_anybody_does_needs_a_device_and_no_role(act: Act) -> None:
    assert may(Actor("device"), act)
    for actor in (Actor(), Actor(""), OPERATOR, Actor(None, everywhere(*Role))):
        assert not may(actor, act)


@pytest.mark.parametrize("act", sorted(set(Act) - ANYBODY))
def test_a_token_does_no_more_than_it_was_made_for(act: Act) -> None:
    token = Actor(grants=OPERATOR.grants, limited_to=frozenset({Act.IMPORT}))
    assert may(token, act) is (act is Act.IMPORT)
    none = Actor(grants=OPERATOR.grants, limited_to=frozenset())
    assert not may_somewhere(none, act)
