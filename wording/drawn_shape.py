"""What is wrong with a drawn line or area, and how large it is, in words."""

from __future__ import annotations

from gettext import GNUTranslations

from core import errors
from core.errors import ShapeProblem
from wording import formatting


def outside_sentence(error: errors.OutsideAreaError, words: GNUTranslations) -> str:
    """Say what lies outside the campaign's area: a place, or a part of a drawing."""
    _ = words.gettext
    return {
        "line": _("Part of the line lies outside the campaign's area. Please stay inside it."),
        "area": _("Part of what you drew lies outside the campaign's area. Please stay inside it."),
    }.get(
        str(error.params.get("kind")),
        _("This place is outside the area of this campaign. Please tap inside the dashed line."),
    )


def size_words(length_m: float | None, area_m2: float | None, lang: str) -> str:
    """Say how large a shape is: a line in metres, an area in square metres; a pin has no size."""
    if length_m is not None:
        return formatting.length(length_m, lang)
    return "" if area_m2 is None else formatting.area(area_m2, lang)


def shape_problems(words: GNUTranslations, kind: str) -> dict[ShapeProblem, str]:
    """Return what is wrong with a drawing of a kind: a ``line`` or an ``area``."""
    _ = words.gettext
    said: dict[str, dict[ShapeProblem, str]] = {
        "point": {
            ShapeProblem.KIND: _("Please draw the line or the area on the map first."),
        },
        "line": {
            ShapeProblem.KIND: _(
                "This campaign takes no lines. Please mark the place in another way."
            ),
            ShapeProblem.FEW_POINTS: _("Please add one more point, so that it becomes a line."),
            ShapeProblem.MANY_POINTS: _(
                "The line has too many points. It may have {most} at most."
            ),
            ShapeProblem.CROSSES_ITSELF: _(
                "The line crosses itself. Please move one of its points or undo the last step."
            ),
            ShapeProblem.TOO_SMALL: _("The line is too short. It needs at least {least} metres."),
            ShapeProblem.TOO_LARGE: _("The line is too long. It may have {most} metres at most."),
        },
        "area": {
            ShapeProblem.KIND: _(
                "This campaign takes no areas. Please mark the place in another way."
            ),
            ShapeProblem.FEW_POINTS: _("Please add corners: an area needs at least {least}."),
            ShapeProblem.MANY_POINTS: _(
                "The area has too many corners. It may have {most} at most."
            ),
            ShapeProblem.CROSSES_ITSELF: _(
                "The sides of the area cross each other. Please move a corner or undo the last "
                "step."
            ),
            ShapeProblem.TOO_SMALL: _(
                "The area is too small. It needs at least {least} square metres."
            ),
            ShapeProblem.TOO_LARGE: _(
                "The area is too large. It may have {most} square metres at most."
            ),
        },
    }
    unreadable = _("We could not read this drawing. Please clear it and draw it again.")
    return dict.fromkeys(ShapeProblem, unreadable) | said.get(kind, {})
