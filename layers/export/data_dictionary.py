"""The data dictionary: every column that leaves in an export, in its order, and what it means.

``docs/data-dictionary.md`` is this page in words; a test keeps the two equal.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """One property of a feature: name, type as JSON has it, meaning (unit included)."""

    name: str
    kind: str
    meaning: str


PROPOSALS = (
    Column("id", "string", "Public id of the proposal; the same as the feature's id."),
    Column("campaign", "string", "Slug of the campaign."),
    Column("category", "string", "bike_parking, public_space, micro_park, …: the campaign's keys."),
    Column("text", "string", "What the resident wrote. Data, not markup: escape it on display."),
    Column("relation", "string", "The author lives, works, passes (by) or other."),
    Column("placed_by", "string", "How the pin was placed: tap, device, search or import."),
    Column("community_code", "string|null", "Code of the community the pin lies in."),
    Column("edition", "string", "Edition of the communities that the code belongs to."),
    Column("supports", "integer", "How many devices supported it, the author not counted."),
    Column("created", "string", "When it was filed, ISO 8601 in UTC."),
    Column("kind", "string", "What was marked: point, line or area."),
    Column("length_m", "number|null", "Length of a line in metres."),
    Column("area_m2", "number|null", "Size of an area in square metres."),
    Column("entry", "string", "self, import, or written down by staff: paper, interview."),
    Column("stage", "string|null", "Latest step of the office; null before the first."),
    Column("themes", "string|null", "Codes of its themes, a space between; null: not read yet."),
    Column("why_another", "string|null", "Why one more is wanted so near to an existing one."),
    Column("longitude", "number", "The pin, also of a line or an area; WGS 84 degrees."),
    Column("latitude", "number", "The pin, also of a line or an area; WGS 84 degrees."),
)
#: A campaign asks questions of its own, so their columns are no part of the list above.
ANSWERS = (
    "After these columns come the answers to the campaign's own questions, null where there is "
    "none. `q_<key>` holds the option's key of a single choice, the step of a scale, a number, or "
    "a text; of a multiple choice each option has a column, `q_<key>_<option>`, true or false. "
    "`/api/campaigns` lists the questions and options with their words. Questions marked private, "
    "such as an age band, have no column; they are only counted."
)
COMMUNITIES = (
    Column("code", "string", "Statistical code of the community, 12 digits in China."),
    Column("edition", "string", "Edition of the code and of the polygon."),
    Column("name", "string", "Name in Chinese."),
    Column("name_en", "string|null", "Name in English."),
    Column("subdistrict", "string|null", "Subdistrict or town."),
    Column("population", "integer|null", "Residents."),
    Column("area_km2", "number", "Area in square kilometres, measured in a metric system."),
    Column("proposals", "integer", "Published proposals that lie in it; each in exactly one."),
    Column("people", "integer", "Distinct authors of those and of what was joined with them."),
    Column("per_1000", "number|null", "Proposals per 1,000 residents."),
    Column("per_km2", "number", "Proposals per square kilometre."),
    Column("answered", "integer", "To how many of them the office has said something."),
    Column("answered_share", "number|null", "Which share that is, from 0 to 1."),
    Column("categories", "object", "Proposals by category key. In GeoJSON alone."),
)
HOTSPOTS = (
    Column("hotspot_id", "string", "Stable name: of the core place that most of them share."),
    Column("rank", "integer", "1 is the hotspot with the most distinct people."),
    Column("name", "string", "Nearest named place and community, in Chinese; may be empty."),
    Column("name_en", "string", "The same in English."),
    Column("proposals", "integer", "Proposals in it."),
    Column("people", "integer", "Distinct authors of those and of what was joined with them."),
    Column("largest_shared_point", "integer", "How many of them share exactly one coordinate."),
    Column("on_one_point", "boolean", "Whether these are so many that the place is in doubt."),
    Column("effect", "number|null", "How many times as many people as the neighbourhood expects."),
    Column("p_value", "number|null", "Share of random maps with a place that stands out as much."),
    Column(
        "verdict",
        "string|null",
        "`significant`: more than chance; `not_significant`; `too_few` people to tell; "
        "`shared_point`: mostly on one exact coordinate.",
    ),
    Column("places", "integer", "Distinct coordinates among them."),
    Column("categories", "object", "Share of each category, from 0 to 1. In GeoJSON alone."),
    Column(
        "themes",
        "string",
        "Codes of the themes of which five people or more speak there, the most first, a space "
        "between.",
    ),
    Column("community", "string|null", "Code of the community that holds most of them."),
    Column("community_share", "number|null", "Which share of them it holds, from 0 to 1."),
    Column("first", "string", "Earliest filing, ISO 8601 in UTC."),
    Column("last", "string", "Latest filing, ISO 8601 in UTC."),
    Column("centre_longitude", "number", "Mean of its proposals, WGS 84 degrees."),
    Column("centre_latitude", "number", "Mean of its proposals, WGS 84 degrees."),
)
#: Categories are the campaign's own, so their columns are no part of the lists below.
FLAT = (
    "Each category stands once more as a column of its own, so that a program can style by it: "
    "`proposals_<key>` in communities, `share_<key>` in hotspots."
)
#: Stand at the end of a hotspot's columns, unless the address says ``answers=no``.
HOTSPOT_ANSWERS = (
    "Last comes `answers`, an object with what was answered to the campaign's own questions: "
    "`q_<key>` has `answered` (how many did) and, of a choice or a scale, `options` with a count "
    "by key; of a number `least`, `lower`, `median`, `upper` (the quartiles) and `most`. Private "
    "questions are left out. The same stands before it in plain columns: `q_<key>_answered`, "
    "`q_<key>_<option>` or `q_<key>_<step>`, and `q_<key>_least` to `q_<key>_most`. With "
    "`?answers=no` none of it is there."
)
FOREIGN_MEMBERS = (
    Column("generated", "string", "When the file was made, ISO 8601 in UTC."),
    Column("campaign", "string", "Slug of the campaign."),
    Column("edition", "string", "Edition of the communities."),
    Column("licence", "string", "Licence of the data."),
    Column("publisher", "string", "The office that publishes it; without a name, the program."),
    Column("outside", "integer", "Communities only: published proposals in no community."),
    Column("schematic", "boolean", "Communities only: whether the polygons are schematic."),
    Column("radius_m", "number", "Hotspots only: how close proposals must be, in metres."),
    Column("min_proposals", "integer", "Hotspots only: how many make a hotspot, at least."),
    Column("verdicts", "string", "Hotspots only: `ready`, or `computing`: then verdicts are null."),
    Column("method", "object|null", "Hotspots only: how sure the verdicts are; see below."),
)
FILES = {"proposals": PROPOSALS, "communities": COMMUNITIES, "hotspots": HOTSPOTS}


def names(columns: tuple[Column, ...]) -> list[str]:
    """Return the names of columns in their order."""
    return [column.name for column in columns]
