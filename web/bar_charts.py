"""A campaign in numbers: how many took part, from where, what they asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from analysis import listing, results
from analysis.answer_tallies import Bin, NumberCounts, QuestionCounts
from analysis.results import Sums
from analysis.selection import Selection
from analysis.tables.theme_shares import ThemeTable, spoken_of
from core.cache import CACHE
from serving.visit import Visit
from submissions.proposals import queries
from submissions.proposals.queries import CampaignView
from submissions.proposals.states import Stage
from web import presenters
from wording import error_messages
from wording.formatting import number
from wording.review.names import theme_names

COMMUNITIES_SHOWN = 10
#: So many themes have a bar; the workbench has all.
MOST_THEMES = 12


def sums(visit: Visit, totals: Sums) -> list[str]:
    """Say in two facts how much a campaign has brought."""
    words, lang = visit.words, visit.lang
    return [
        words.ngettext("{n} proposal", "{n} proposals", totals.proposals).format(
            n=number(totals.proposals, lang)
        ),
        words.ngettext("{n} person", "{n} people", totals.people).format(
            n=number(totals.people, lang)
        ),
    ]


@dataclass(frozen=True)
class Numbers:
    """What a campaign's page tells in numbers: those at its head, and its bar charts."""

    figures: list[dict[str, str]]
    charts: list[dict[str, Any]]


def numbers(visit: Visit, campaign: CampaignView) -> Numbers:
    """Return a campaign's numbers in the reader's words, up to ten seconds old."""
    database = visit.room.database
    with database.reading() as session:
        revision = queries.counted_revision(session, campaign.id)

    def make() -> Numbers:
        whole = Selection(campaign)
        shown = charts(visit, whole, answers_s=results.ANSWERS_S)
        return Numbers(figures(visit, campaign, results.sums(database, whole)), shown)

    key = ("charts", database.url, repr(campaign), visit.lang)
    return CACHE.get(key, revision, make, at_most_s=results.COUNTS_S)


def figures(visit: Visit, campaign: CampaignView, totals: Sums) -> list[dict[str, str]]:
    """Return the numbers at the head of the page."""
    _ = visit.words.gettext
    counts = results.community_counts(visit.room.database, Selection(campaign)).frame
    with visit.room.database.reading() as session:
        stages = listing.outcomes(session, campaign.id)
    told = [
        (totals.proposals, _("proposals")),
        (totals.people, _("people took part")),
        (int((counts["proposals"] > 0).sum()), _("communities reached")),
        (sum(stages.values()), _("answered by the office")),
        (stages[Stage.BUILT], _("built")),
    ]
    return [{"shown": number(n, visit.lang), "name": name} for n, name in told]


def charts(visit: Visit, chosen: Selection, *, answers_s: float = 0) -> list[dict[str, Any]]:
    """Return the bar charts: categories, relations, communities, and one a question.

    ``answers_s``: how many seconds old the answers to questions may be.
    """
    totals = results.sums(visit.room.database, chosen)
    asked = results.answers(visit.room.database, chosen, at_most_s=answers_s)
    found = [relations_chart(visit, totals), _communities(visit, chosen)]
    if len(chosen.campaign.categories) > 1:
        found.insert(0, about_chart(visit, chosen.campaign, totals))
    found += [question_chart(visit, one) for one in asked]
    return [chart for chart in found if chart["rows"]]


def about_chart(visit: Visit, campaign: CampaignView, totals: Sums) -> dict[str, Any]:
    """Return how many proposals are of which category."""
    names = presenters.category_names(visit, campaign)
    title = visit.words.gettext("What it is about")
    return chart(visit, title, named(totals.by_category, names))


def themes_chart(visit: Visit, table: ThemeTable) -> dict[str, Any]:
    """Return how many people speak of which theme, those of most first."""
    _ = visit.words.gettext
    names = theme_names(visit)
    told = [(names[one.code], one.people) for one in spoken_of(table, most=MOST_THEMES)]
    note = _("People; each counts once for a theme. Read by rules and a classifier.")
    return chart(visit, _("What people speak of, by theme"), told, note if told else "")


def relations_chart(visit: Visit, totals: Sums) -> dict[str, Any]:
    """Return what those who proposed have to do with the place."""
    names = {str(k): name for k, name in error_messages.relation_words(visit.words).items()}
    title = visit.words.gettext("How they know the place")
    return chart(visit, title, named(totals.by_relation, names))


def named(counts: dict[str, int], names: dict[str, str]) -> list[tuple[str, int | None]]:
    """Return counts under their names."""
    return [(names.get(key, key), n) for key, n in counts.items()]


def chart(
    visit: Visit, title: str, counts: Sequence[tuple[str, int | None]], note: str = ""
) -> dict[str, Any]:
    """Return a bar chart; a count of None is one too small to be told."""
    few = visit.words.gettext("fewer than 5")
    rows: list[dict[str, Any]] = [
        {"name": name, "n": n or 0, "shown": few if n is None else number(n, visit.lang)}
        for name, n in counts
    ]
    most = max((row["n"] for row in rows), default=0)
    return {"title": title, "rows": rows, "most": most, "note": note, "further": []}


def folded_chart(
    visit: Visit, title: str, counts: Sequence[tuple[str, int | None]], most: int
) -> dict[str, Any]:
    """Return a chart of the first ``most`` rows; the further ones stand folded below them."""
    whole = chart(visit, title, counts)
    return whole | {"rows": whole["rows"][:most], "further": whole["rows"][most:]}


def _communities(visit: Visit, chosen: Selection) -> dict[str, Any]:
    counts = results.community_counts(visit.room.database, chosen)
    frame = counts.frame.sort_values("proposals", ascending=False, kind="stable")
    shown = frame[frame["proposals"] > 0]
    rows: list[tuple[str, int | None]] = [
        (visit.said({"zh_CN": row.name, "en": row.name_en}), int(row.proposals))
        for row in shown[["name", "name_en", "proposals"]].itertuples(index=False)
    ]
    title = visit.words.gettext("From which communities")
    return folded_chart(visit, title, rows, COMMUNITIES_SHOWN)


def question_chart(visit: Visit, asked: QuestionCounts) -> dict[str, Any]:
    """Return the chart of a question: options most chosen first, a number's bins in order."""
    _ = visit.words.gettext
    rows: list[tuple[str, int | None]] = [
        (visit.said(option.label), option.count) for option in asked.options
    ]
    if asked.kind != "scale":
        rows.sort(key=lambda row: -(row[1] or 0))
    note = _("{n} people answered.").format(n=number(asked.answered or 0, visit.lang))
    if asked.numbers is not None:
        unit = visit.said(asked.unit) if asked.unit else ""
        rows = [(_between(one, unit, visit.lang), one.count) for one in asked.numbers.bins]
        if asked.numbers.median is not None:
            note += " " + _quartiles(visit, asked.numbers, unit)
    if asked.private:
        note += " " + _("Counted only; nobody's own answer is shown.")
    return chart(visit, visit.said(asked.label), rows, note)


def _quartiles(visit: Visit, numbers: NumberCounts, unit: str) -> str:
    """Say between which numbers the middle half of the answers lies, and its median."""
    said = visit.words.gettext(
        "A quarter say {lower} or less, half {median} or less, a quarter {upper} or more."
    )
    told = {"lower": numbers.lower, "median": numbers.median, "upper": numbers.upper}
    return said.format(
        **{
            name: f"{number(value or 0, visit.lang, 1)} {unit}".strip()
            for name, value in told.items()
        }
    )


def _between(one: Bin, unit: str, lang: str) -> str:
    return f"{number(one.start, lang)} – {number(one.end, lang)} {unit}".strip()
