"""Examples of what one may say, for the empty field of the form: by what it is about."""

from __future__ import annotations

from gettext import GNUTranslations

from core.language import in_language
from submissions.proposals.queries import CampaignView


def example_of(words: GNUTranslations, campaign: CampaignView, lang: str, category: str) -> str:
    """Return the example for a category: the campaign's own, else one of its kind, else one of all.

    ``category`` is empty while none is chosen.
    """
    own = in_language(
        {key: str(texts.get("hint") or "") for key, texts in campaign.texts.items()}, lang
    )
    if own:
        return own
    said = _by_category(words).get(category) or _usual(words)
    return words.gettext("For example: {example}").format(example=said)


def _usual(words: GNUTranslations) -> str:
    """Return an example that fits wherever something about a place is to be better."""
    return words.gettext("The path here is dark in the evening; please put up two lamps.")


def _by_category(words: GNUTranslations) -> dict[str, str]:
    """Return examples for the categories of the demonstration and of the season templates."""
    _ = words.gettext
    return {
        "bike_parking": _(
            "There is nowhere to park at the metro exit; please mark 30 spaces on the pavement."
        ),
        "public_space": _("Please put two benches with backs in the shade on this corner."),
        "micro_park": _("Old people rest here; please make two benches and a flower bed."),
        "planting": _("The earth by the wall is bare; please let us plant roses there."),
        "tidying": _("Old furniture stands behind building 2; please have it taken away."),
        "shade": _("There is no shade at the bus stop; please put up a roof."),
        "water": _("After rain the water stands ankle-deep at the gate."),
        "night": _("The lamp at the crossing is broken; one cannot see the steps."),
        "parking": _("Cars block the pavement every morning; please put up bollards."),
        "walking": _("The ramp is too steep for a wheelchair; please make it flatter."),
        "clutter": _("The stairway is full of old things; one cannot get through."),
        "ice": _("The slope freezes over in winter; please spread sand or lay a mat."),
        "light": _("It is dark between buildings 3 and 5; please put up a lamp."),
        "warm": _("Please open the activity room in the afternoon, so that one can warm up."),
    }
