"""Siting in words: what is built, how it is sought, how sure a choice is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from gettext import GNUTranslations
from typing import Any, Protocol

from analysis.answer_tallies import FEW
from analysis.scenarios.outcome import Outcome
from analysis.scenarios.plan import Kind, Weighing
from analysis.scenarios.sited import Sited
from geo.siting.locate import Measured
from geo.siting.problem import Model, Reason, Status
from wording.formatting import distance, number, percent


class Reader(Protocol):
    """Who reads."""

    @property
    def lang(self) -> str:
        """The language."""

    @property
    def words(self) -> GNUTranslations:
        """Its words."""

    def said(self, texts: dict[str, str]) -> str:
        """Pick a text."""


def kinds(words: GNUTranslations) -> dict[Kind, str]:
    """Name what can be built."""
    _ = words.gettext
    return {Kind.MICRO_PARK: _("Micro-parks"), Kind.BIKE_PARKING: _("Bike parking")}


def models(words: GNUTranslations) -> dict[Model, str]:
    """Name what can be sought."""
    _ = words.gettext
    return {
        Model.COVERAGE: _("As many people as possible within reach"),
        Model.MEDIAN: _("The shortest way in sum"),
        Model.COVER: _("As few places as reach everybody who can be reached"),
    }


def weighings(words: GNUTranslations) -> dict[Weighing, str]:
    """Name what can count."""
    _ = words.gettext
    return {
        Weighing.PEOPLE: _("Everybody who spoke up, once"),
        Weighing.SUPPORTS: _("People and the supports they got"),
        Weighing.RESIDENTS: _("Every resident: places where few spoke up count more"),
    }


def reasons(words: GNUTranslations) -> dict[Reason, str]:
    """Say why there is no solution."""
    _ = words.gettext
    return {
        Reason.NO_DEMAND: _("There are no proposals in this view."),
        Reason.NO_CANDIDATES: _(
            "There is no place left where something may stand. Please choose other layers."
        ),
        Reason.MUST_AND_MUST_NOT: _("A place is marked both as fixed and as ruled out."),
        Reason.MUST_EXCEED_SITES: _("More places are fixed than may be built."),
        Reason.MUST_EXCEED_BUDGET: _("The fixed places cost more than there is."),
        Reason.COVER_NEEDS_MORE: _("Reaching everybody takes more places than are allowed."),
        Reason.NO_TIME: _("No answer was found in the time allowed."),
    }


def mask_names(words: GNUTranslations) -> dict[str, str]:
    """Name why a place is left out, by the layer it lies on."""
    _ = words.gettext
    return {
        "river": _("on a river or its bank"),
        "railway": _("on or beside a railway"),
        "roads": _("on a carriageway"),
        "parks": _("in a park"),
    }


def site_names(who: Reader, frame: Any) -> dict[str, str]:
    """Return what candidates are called, by key; those without a name by their number."""
    found = {}
    for row in frame[["key", "name_zh", "name_en"]].itertuples(index=False):
        found[str(row.key)] = site_name(
            who, str(row.key), {"zh_CN": row.name_zh, "en": row.name_en or row.name_zh}
        )
    return found


def site_name(who: Reader, key: str, name: dict[str, str]) -> str:
    """Return what a place is called: its name, and the number that tells it from others."""
    layer, _colon, place = key.partition(":")
    said = who.said(name)
    if layer == "idle_plots" and said:
        return said
    told = who.words.gettext("place {n}").format(n=number(int(place), who.lang))
    return f"{said} · {told}" if said else told


def few(who: Reader, people: int) -> str:
    """Return how many people, or that there are fewer than five."""
    if 0 < people < FEW:
        return who.words.gettext("fewer than {n}").format(n=number(FEW, who.lang))
    return number(people, who.lang)


def proof(who: Reader, sited: Sited, outcome: Outcome) -> str:
    """Say how good a choice is."""
    _ = who.words.gettext
    n = number(len(outcome.chosen), who.lang)
    if outcome.status is Status.OPTIMAL:
        told = {
            Model.COVERAGE: _("Proven: no other {n} places serve more."),
            Model.MEDIAN: _("Proven: no other {n} places make the ways shorter in sum."),
            Model.COVER: _("Proven: fewer than {n} places cannot do it."),
        }
        return told[sited.plan.model].format(n=n)
    return _("Not proven: another choice could be better by {share} at most.").format(
        share=percent(outcome.gap, who.lang)
    )


def way_measured(who: Reader, sited: Sited) -> str:
    """Say how distance was measured."""
    _ = who.words.gettext
    reach = distance(sited.plan.within_m, who.lang)
    if sited.plan.model is Model.MEDIAN:
        reach = _("any distance")
    if sited.measured is Measured.WALKED:
        return _("Distance: {reach}, walked along the roads of the map.").format(reach=reach)
    return _("Distance: {reach}, in a straight line.").format(reach=reach)


def programme(
    who: Reader,
    kind: Kind,
    options: Sequence[dict[str, str]],
    wishes: Sequence[int | None],
    amount: float | None,
) -> str:
    """Say what those whom a place serves ask for: wishes, or for how many bikes."""
    _ = who.words.gettext
    if kind is Kind.BIKE_PARKING and amount is not None:
        return _("room for about {n} bikes").format(n=number(round(amount), who.lang))
    told = [
        (count, who.said(label))
        for count, label in zip(wishes, options, strict=False)
        if count is not None
    ]
    if kind is Kind.BIKE_PARKING or not told:
        return _("fewer than {n} answers").format(n=number(FEW, who.lang))
    first = sorted(told, key=lambda one: -one[0])[:4]
    return " · ".join(f"{label} {number(count, who.lang)}" for count, label in first)


def kept_places(who: Reader, kind: Kind, outcome: Mapping[str, Any]) -> list[list[str]]:
    """Return the places of a kept scenario in words: number, name, state, people, what is asked."""
    _ = who.words.gettext
    return [
        [
            number(rank, who.lang),
            site_name(who, one["key"], one["name"]),
            _("there today") if one["existing"] else _("new"),
            few(who, one["people"]),
            programme(who, kind, outcome.get("options", []), one["wishes"], one["amount"]),
        ]
        for rank, one in enumerate(outcome["sites"], 1)
    ]


def kept_head(words: GNUTranslations) -> list[str]:
    """Name the columns of ``kept_places``."""
    _ = words.gettext
    return ["#", _("Place"), _("State"), _("People"), _("Asked for")]
