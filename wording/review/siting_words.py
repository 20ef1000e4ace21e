"""Siting in words: what is built, how it is sought, how sure a choice is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from gettext import GNUTranslations
from typing import Any

from analysis.answer_tallies import FEW
from analysis.count_kinds import CountKind
from analysis.scenarios.outcome import Outcome, fullness
from analysis.scenarios.places import NO_COST
from analysis.scenarios.plan import Kind, Weighing
from analysis.scenarios.racks import CountedRacks, Racks, read_racks
from analysis.scenarios.sited import Sited
from geo.siting.locate import Measured
from geo.siting.problem import Model, Reason, Status
from wording.formatting import day, distance, enumerated, number, percent
from wording.review.side_names import Reader


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
        Reason.COVER_NEEDS_MORE: _(
            "Reaching everybody takes more than the budget, or more places than are allowed."
        ),
        Reason.NONE: _("There is no place that can be built."),
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
        NO_COST: _("whose cost is not known"),
    }


def site_names(who: Reader, frame: Any) -> dict[str, str]:
    """Return what candidates are called, by key; those without a name by their number."""
    found = {}
    for row in frame[["key", "name_zh", "name_en"]].itertuples(index=False):
        found[str(row.key)] = site_name(
            who, str(row.key), {"zh_CN": row.name_zh, "en": row.name_en or row.name_zh}
        )
    return found


def free_names(who: Reader, sited: Sited) -> dict[str, str]:
    """Return what the places are called where something new may stand, by key."""
    return sited.once(("names", who.lang), lambda: site_names(who, sited.free))


def site_name(who: Reader, key: str, name: dict[str, str]) -> str:
    """Return what a place is called: its name, and the number that tells it from others."""
    layer, _colon, place = key.partition(":")
    said = who.said(name)
    if layer == "idle_plots" and said:
        return said
    told = who.words.gettext("place {n}").format(n=_place_number(int(place), who.lang))
    return f"{said} · {told}" if said else told


@lru_cache(maxsize=50_000)
def _place_number(place: int, lang: str) -> str:
    """Write the number of a place; the same thousands are written on each rerun of a page."""
    return number(place, lang)


def few(who: Reader, people: int) -> str:
    """Return how many people, or that there are fewer than five."""
    if 0 < people < FEW:
        return who.words.gettext("fewer than {n}").format(n=number(FEW, who.lang))
    return number(people, who.lang)


def proof(who: Reader, sited: Sited, outcome: Outcome) -> str:
    """Say how good a choice is."""
    _ = who.words.gettext
    n = number(len(outcome.chosen), who.lang)
    plan = sited.plan
    if outcome.status is Status.OPTIMAL and (plan.budget or (plan.has_cost and not plan.is_curve)):
        if plan.model is Model.COVER:
            return _("Proven: nothing that costs less can do it.")
        return _("Proven: no other choice within the budget serves more.")
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


def count_kinds(words: GNUTranslations) -> dict[str, str]:
    """Name what staff count of bikes at a place."""
    _ = words.gettext
    return {
        str(CountKind.PARKED): _("Bikes parked, all together"),
        str(CountKind.OUTSIDE): _("Bikes outside stands and marks"),
        str(CountKind.STANDS): _("Room in stands and marks, for bikes"),
    }


def racks(who: Reader, counted: Racks) -> str:
    """Say how many racks counts on site ask for, and which counts those are."""
    words = who.words
    told = words.ngettext(
        "{n} more racks, by {k} observation on site ({days})",
        "{n} more racks, by {k} observations on site ({days})",
        counted.observations,
    )
    days = [day(one, who.lang) for one in (counted.first, counted.last)]
    return told.format(
        n=number(counted.racks, who.lang),
        k=number(counted.observations, who.lang),
        days="–".join(dict.fromkeys(days)),
    )


def racks_rule(who: Reader, counted: CountedRacks) -> str:
    """Say by which rule racks are told, and which observations were left out."""
    _, words, lang = who.words.gettext, who.words, who.lang
    told = [
        _(
            "Racks: where staff counted bikes near a place, those outside stands, else those "
            "parked beyond the stands; the highest of each day, the median of the days. Elsewhere "
            "the median of how many bikes the residents whom it serves asked room for, where "
            "five or more said so."
        )
    ]
    bare = sum(one.without_stands for one in counted.by_place.values())
    if bare:
        said = words.ngettext(
            "At {n} spot no stands were counted: all bikes there count.",
            "At {n} spots no stands were counted: all bikes there count.",
            bare,
        )
        told.append(said.format(n=number(bare, lang)))
    if counted.other:
        told.append(
            _("Not used, as their names tell no kind: {names}.").format(
                names=enumerated(counted.other, lang)
            )
        )
    if counted.far:
        said = words.ngettext(
            "Not used: {n} observation of bikes that is near no place.",
            "Not used: {n} observations of bikes that are near no place.",
            counted.far,
        )
        told.append(said.format(n=number(counted.far, lang)))
    return " ".join(told)


def programme(
    who: Reader,
    kind: Kind,
    options: Sequence[dict[str, str]],
    wishes: Sequence[int | None],
    amount: float | None,
    counted: Racks | None = None,
) -> str:
    """Say what is asked for at a place: wishes; or racks, by counts on site, else by residents."""
    _ = who.words.gettext
    if kind is Kind.BIKE_PARKING and counted is not None:
        return racks(who, counted)
    if kind is Kind.BIKE_PARKING and amount is not None:
        return _("room for about {n} bikes, as residents say").format(
            n=number(round(amount), who.lang)
        )
    told = [
        (count, who.said(label))
        for count, label in zip(wishes, options, strict=False)
        if count is not None
    ]
    if kind is Kind.BIKE_PARKING or not told:
        return _("fewer than {n} answers").format(n=number(FEW, who.lang))
    first = sorted(told, key=lambda one: -one[0])[:4]
    return " · ".join(f"{label} {number(count, who.lang)}" for count, label in first)


def amount(who: Reader, value: float | None) -> str:
    """Return a cost, or how much a place holds; a dash where it is not known."""
    if value is None:
        return "–"
    return number(value, who.lang, 0 if float(value).is_integer() else 2)


def how_full(who: Reader, load: float, capacity: float | None) -> str:
    """Say how much of what a place holds is used."""
    _ = who.words.gettext
    if capacity is None:
        return _("no limit")
    return _("{share} of {n}").format(
        share=percent(fullness(load, capacity), who.lang), n=amount(who, capacity)
    )


def limits(who: Reader, sited: Sited, outcome: Outcome) -> str:
    """Say how it was heeded that places hold only so much, and of which it is not known."""
    _ = who.words.gettext
    free = sited.candidates[~sited.candidates["existing"] & (sited.candidates["against"] == "")]
    told = [_("Places serve no more than they hold, those nearest first.")]
    if unknown := int(free["capacity"].isna().sum()):
        told.append(
            _("Of {n} places it is not known how much they hold: no limit is set for them.").format(
                n=number(unknown, who.lang)
            )
        )
    if outcome.partly:
        said = who.words.ngettext(
            "{n} proposal for which there is room in part counts as not served.",
            "{n} proposals for which there is room in part count as not served.",
            outcome.partly,
        )
        told.append(said.format(n=number(outcome.partly, who.lang)))
    return " ".join(told)


def money(who: Reader, cost: float | None, budget: float | None) -> str:
    """Say what new places cost together, and what is left of the budget."""
    _ = who.words.gettext
    if cost is None or not budget:
        return _("Cost: {cost}.").format(cost=amount(who, cost))
    return _("Cost: {cost} of a budget of {budget}; not spent: {left}.").format(
        cost=amount(who, cost), budget=amount(who, budget), left=amount(who, budget - cost)
    )


def kept_money(who: Reader, outcome: Mapping[str, Any]) -> str:
    """Say what a kept scenario costs; empty for one of which it was not stated."""
    if not outcome.get("priced"):
        return ""
    return money(who, outcome.get("cost"), outcome.get("budget"))


def kept_places(who: Reader, kind: Kind, outcome: Mapping[str, Any]) -> list[list[str]]:
    """Return the places of a kept scenario in words, by the columns of ``kept_head``."""
    _ = who.words.gettext
    return [
        [
            f"{number(rank, who.lang)} · {site_name(who, one['key'], one['name'])}",
            _("there today") if one["existing"] else _("new"),
            few(who, one["people"]),
            programme(
                who,
                kind,
                outcome.get("options", []),
                one["wishes"],
                one["amount"],
                read_racks(one.get("racks")),
            ),
            *([amount(who, one.get("cost"))] if outcome.get("priced") else []),
            *([how_full(who, one["load"], one["capacity"])] if outcome.get("limited") else []),
        ]
        for rank, one in enumerate(outcome["sites"], 1)
    ]


#: Which columns of ``kept_head`` hold texts rather than numbers.
KEPT_TEXTS = (0, 3)


def kept_head(words: GNUTranslations, outcome: Mapping[str, Any]) -> list[str]:
    """Name the columns of ``kept_places``."""
    _ = words.gettext
    head = [_("Place"), _("State"), _("People"), _("Asked for")]
    head += [_("Cost")] if outcome.get("priced") else []
    return head + ([_("How full")] if outcome.get("limited") else [])
