"""Words of packs: what stands in their files, in the language of a pack."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from gettext import GNUTranslations

from analysis.themes.taxonomy import taxonomy_in_force
from core.language import in_language, words_in
from geo.writing.target_systems import TargetSystem
from submissions.campaigns.questionnaire import read_questions
from submissions.proposals.queries import CampaignView
from wording.error_messages import relation_words
from wording.files.file_words import file_notes


def group_words(words: GNUTranslations) -> dict[str, str]:
    """Return what the groups of figures are called."""
    _ = words.gettext
    return {
        "all": _("All"),
        "category": _("Category"),
        "theme": _("Theme"),
        "wish": _("Wish"),
        "relation": _("How they know the place"),
        "community": _("Community"),
    }


def figure_names(
    words: GNUTranslations, lang: str, campaign: CampaignView, communities: Mapping[str, str]
) -> dict[str, str]:
    """Return what figures are called, by group and key such as ``theme:shade``."""
    found = {"all:": words.gettext("All proposals of this pack")}
    found |= {
        f"category:{one['key']}": in_language(one["name"], lang) for one in campaign.categories
    }
    found |= {f"theme:{one.code}": words_of(one.names, lang) for one in taxonomy_in_force().themes}
    for question in read_questions(campaign.questions):
        for option in getattr(question, "options", ()):
            asked, said = (
                in_language({"zh_CN": one.zh_CN, "en": one.en}, lang)
                for one in (question.label, option.label)
            )
            found[f"wish:{question.key}.{option.key}"] = f"{asked} {said}"
    found |= {f"relation:{key}": name for key, name in relation_words(words).items()}
    return found | {f"community:{code}": name for code, name in communities.items()}


def words_of(names: Mapping[str, str], lang: str) -> str:
    """Return a name in a language that it may have of its own, such as Traditional Chinese."""
    return names.get(lang) or in_language(dict(names), lang)


def campaign_title(campaign: CampaignView, lang: str) -> str:
    """Return the title of a campaign in a language."""
    return str(words_in(campaign.texts, lang)["title"])


def at_least(words: GNUTranslations, people: int | None) -> str:
    """Return how many people are told of: fives from five on."""
    if people is None:
        return words.gettext("fewer than 5, or not told yet")
    return words.gettext("{n} or more").format(n=people)


def terms(words: GNUTranslations, licence: str) -> list[str]:
    """Return the terms under which a firm gets a pack, one sentence or two each."""
    _ = words.gettext
    told = [
        _("Please use the data for the design that they were given for."),
        _(
            "Nobody may try to find out who made a proposal, nor put the data together with others "
            "to that end."
        ),
        _("The link is for the named firm alone. Please do not pass it on."),
        _(
            "What residents wrote is their own word, not checked by the office. Borders that are "
            "marked as schematic are no survey."
        ),
        _(
            "A version that the office withdraws is no longer used; what is built on it is checked "
            "against the next one."
        ),
        _("Each download is written down: which firm, which version, when."),
        _("Schemes that you hand back may be shown at the office and in deliberations about it."),
    ]
    return [*told, *([_("Licence of the data: {name}.").format(name=licence)] if licence else [])]


def pack_notes(
    words: GNUTranslations,
    title: str,
    number: int,
    system: TargetSystem,
    *,
    around_m: float | None,
    schematic: bool,
    made: datetime,
    licence: str,
    office: str,
) -> list[str]:
    """Return the sentences that stand in the drawings of a pack and on its sheet to print."""
    _ = words.gettext
    what = _("{title}, version {n}").format(title=title, n=number)
    notes = file_notes(what, system, words, made=made, licence=licence, publisher=office)
    if around_m is not None:
        said = _("Proposals: published ones at the place and up to {metres} m around it.")
        notes.insert(-1, said.format(metres=f"{around_m:g}"))
    if schematic:
        notes.insert(-1, _("Borders of communities are schematic; they are no survey."))
    return notes


def read_me(words: GNUTranslations, title: str, number: int) -> list[str]:
    """Return what stands in the file that one reads first."""
    _ = words.gettext
    return [
        _("{title}, version {n}").format(title=title, n=number),
        "",
        _("project.qgz: opens in QGIS 3.22 or newer, styled. Keep it beside the folder data."),
        _("In it, under Project, Layouts: a sheet A3 to print, with scale, north and legend."),
        _("data/pack.gpkg: all layers in one GeoPackage, in metres."),
        _("data/geojson: each layer as GeoJSON in WGS 84 (longitude, latitude)."),
        _("cad: the layers as DXF in metres; the name of the file says the coordinate system."),
        _("brief.pdf: what is asked for here, to read and to print."),
        _("photos: photos that residents sent and the office approved; named after the proposal."),
        _("figures.csv: proposals and people by theme, wish, community."),
        _("dictionary.csv: what each column is called and means."),
        _("terms.txt, LICENCE.txt: what you may do with it."),
        _("manifest.json: all files with their SHA-256, and how the pack was made."),
        "",
        _(
            "People are counted in fives, from five on, and a figure changes from version to "
            "version only when at least five people more or fewer stand behind it: so nobody can "
            "be found in the differences."
        ),
    ]
