"""Several identity providers: each with its own name, claim and roles, and none for another."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.settings import Settings
from people.access.actor import Grant, Reach, Role
from people.accounts.oidc_providers import UNNAMED, Provider, may_vouch, providers_of, sections_of

HERE = Grant(Role.SOCIAL_WORKER, Reach.SUBDISTRICT, "110108017")
HOME = Grant(Role.COUNCIL_MEMBER, Reach.COMMUNITY, "110108017034", "2020")
PLANNER, FIRM, DEPARTMENT = (
    Grant(role) for role in (Role.COMMUNITY_PLANNER, Role.DESIGN_FIRM, Role.DEPARTMENT)
)
CITY, TOWN = "https://id.city.example", "https://id.town.example/realms/a"
END = "/.well-known/openid-configuration"


def roles(text: str) -> dict[str, dict[str, frozenset[Grant]]]:
    return {key: dict(one.roles) for key, one in providers_of(Settings(oidc_roles=text)).items()}


def test_the_setting_names_roles_and_places() -> None:
    text = (
        "moderators=social_worker@110108017, planners=community_planner,"
        "yard=council_member@110108017034/2020, planners=design_firm,, a=b c=department"
    )
    assert roles(text) == {
        UNNAMED: {
            "moderators": {HERE},
            "planners": {PLANNER, FIRM},
            "yard": {HOME},
            "a=b c": {DEPARTMENT},
        }
    }
    assert roles("") == roles(" ,, ") == {}


def test_a_value_in_quotes_holds_commas_and_all_else() -> None:
    text = (
        '"CN=Planners,OU=Town, Hall"=community_planner,'
        '[city] "甲组，\u4e59组, 丙组" = department , "say ""we"""=design_firm,'
        '"[city]x"=department, a "b" c=department,[city]"spaces "=design_firm'
    )
    assert roles(text) == {
        UNNAMED: {
            "CN=Planners,OU=Town, Hall": {PLANNER},
            'say "we"': {FIRM},
            "[city]x": {DEPARTMENT},
            'a "b" c': {DEPARTMENT},
        },
        "city": {"甲组，乙组, 丙组": {DEPARTMENT}, "spaces ": {FIRM}},
    }


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_whatever_a_group_is_called_it_can_be_quoted(value: str) -> None:
    quoted = value.replace('"', '""')
    assert roles(f'[city]"{quoted}"=department,x=design_firm') == {
        "city": {value: {DEPARTMENT}},
        UNNAMED: {"x": {FIRM}},
    }


@given(st.text(st.sampled_from('a[]",= department')))
def test_whatever_is_typed_is_read_or_refused_by_name(text: str) -> None:
    said = ""
    try:
        found = roles(text)
    except ValueError as error:
        said = str(error)
        found = {}
    assert said == "" or said.startswith("LUJIAN_OIDC_ROLES: ")
    assert all({DEPARTMENT} == given for one in found.values() for given in one.values())


def test_each_provider_has_its_own() -> None:
    settings = Settings(
        oidc_roles="[city]a=department,[town]a=design_firm,a=community_planner,[mute]a=department",
        oidc_claim="groups,[city]department,[elsewhere]x",
        oidc_names='"单位, 内网",[city]市政务统一认证,[town]"Town ""Hall"""',
    )
    assert list(providers_of(settings).values()) == [
        Provider(UNNAMED, "单位, 内网", "groups", {"a": frozenset({PLANNER})}),
        Provider("city", "市政务统一认证", "department", {"a": frozenset({DEPARTMENT})}),
        Provider("town", 'Town "Hall"', "groups", {"a": frozenset({FIRM})}),
        Provider("mute", "", "groups", {"a": frozenset({DEPARTMENT})}),
    ]
    only = providers_of(Settings(oidc_roles="[city]a=department", oidc_claim="role"))
    assert [(one.key, one.claim) for one in only.values()] == [("city", "role")]


@pytest.mark.parametrize(
    "text",
    [
        "moderators",
        "=social_worker",
        "a=",
        "a=mayor",
        "a=resident",
        "a=social_worker@",
        "a=social_worker@1/",
        "a=social_worker@/2020",
        "a=social_worker/2020",
        '"a=department',
        '"a"',
        '""=department',
        '"a"b=department',
        '"a"=department"',
        "[city]",
        "[city]=department",
        "[city",
        "[]a=department",
        "[a_b]a=department",
        "[默认]a=department",
        "[default]a=department",
        "[city][town]a=department",
        "a=department,[city]b",
    ],
)
def test_a_setting_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="LUJIAN_OIDC_ROLES"):
        roles(text)


@pytest.mark.parametrize("name", ["LUJIAN_OIDC_CLAIM", "LUJIAN_OIDC_NAMES"])
@pytest.mark.parametrize("text", ["a,b", "[city]a,[city]b", "[city]", '"a', '"a"b', "[a_b]x", '""'])
def test_one_thing_is_said_of_each_provider(name: str, text: str) -> None:
    values: dict[str, Any] = {name.removeprefix("LUJIAN_").lower(): text}
    with pytest.raises(ValueError, match=name):
        providers_of(Settings(**values))


def section(address: str, **more: str) -> dict[str, str]:
    return {"client_id": "x", "server_metadata_url": address + END, **more}


def test_which_providers_the_secrets_set_up() -> None:
    shared = {"redirect_uri": "https://x/oauth2callback", "cookie_secret": "s"}
    city, town = section(CITY), section(TOWN)
    assert sections_of({}) == {}
    assert sections_of(shared) == {}
    assert set(sections_of(shared | city)) == {UNNAMED}
    assert sections_of(shared | {"city": city, "town": town}) == {"city": city, "town": town}
    assert set(sections_of(shared | city | {"town": town})) == {UNNAMED, "town"}
    assert sections_of(shared | {"default": city}) == {UNNAMED: city}
    half = {"client_kwargs": {"scope": "openid"}, "a_b": town, "city": {"client_id": "x"}}
    assert sections_of(shared | half) == {}


def test_no_provider_passes_for_another() -> None:
    auth = {"city": section(CITY), "town": section(TOWN)}
    assert may_vouch(auth, "city", CITY)
    assert may_vouch(auth, "town", TOWN)
    assert may_vouch(auth, "city", f"{CITY}/")
    for key, issuer in (
        ("town", CITY),
        ("city", TOWN),
        ("city", f"{CITY}.evil.example"),
        ("city", f"{CITY}/x"),
        ("city", CITY.upper()),
        ("city", ""),
        ("nobody", CITY),
        (UNNAMED, CITY),
        ("", CITY),
    ):
        assert not may_vouch(auth, key, issuer), (key, issuer)
    both = section(CITY) | {"town": section(TOWN)}
    assert may_vouch(both, UNNAMED, CITY)
    assert not may_vouch(both, UNNAMED, TOWN)
    assert not may_vouch(both, "town", CITY)


def test_an_issuer_elsewhere_is_named() -> None:
    inner = section("http://keycloak:8080/realms/a", issuer=TOWN)
    assert may_vouch({"town": inner, "city": section(CITY)}, "town", TOWN)
    for issuer in (CITY, f"{TOWN}/", "http://keycloak:8080/realms/a"):
        assert not may_vouch({"town": inner, "city": section(CITY)}, "town", issuer)
        assert not may_vouch(inner, UNNAMED, issuer)
    # Alone, a provider has nobody to pass for.
    alone = section("http://keycloak:8080/realms/a")
    assert may_vouch(alone, UNNAMED, TOWN)
    assert not may_vouch(alone, "town", TOWN)
