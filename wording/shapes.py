"""What is wrong with a drawn line or area, and how large it is, in words."""

from __future__ import annotations

from gettext import GNUTranslations

import errors
from wording import figures


def shape_sentence(error: errors.LuJianError, words: GNUTranslations) -> str | None:
    """Say what is wrong with a drawing; None for an error that is about something else."""
    _ = words.gettext
    kind = error.params.get("kind")
    if isinstance(error, errors.BadShapeError):
        said = _problems(words).get((str(error.params.get("problem")), str(kind)))
        unreadable = _("We could not read this drawing. Please clear it and draw it again.")
        return (said or unreadable).format(**error.params)
    if isinstance(error, errors.OutsideAreaError) and kind == "line":
        return _("Part of the line lies outside the campaign's area. Please stay inside it.")
    if isinstance(error, errors.OutsideAreaError) and kind == "area":
        return _("Part of what you drew lies outside the campaign's area. Please stay inside it.")
    return None


def size_words(length_m: float | None, area_m2: float | None, lang: str) -> str:
    """Say how large a shape is: a line in metres, an area in square metres; a pin has no size."""
    if length_m is not None:
        return figures.length(length_m, lang)
    return "" if area_m2 is None else figures.area(area_m2, lang)


def _problems(words: GNUTranslations) -> dict[tuple[str, str], str]:
    _ = words.gettext
    return {
        ("kind", "point"): _("Please draw the line or the area on the map first."),
        ("kind", "line"): _("This campaign takes no lines. Please mark the place in another way."),
        ("kind", "area"): _("This campaign takes no areas. Please mark the place in another way."),
        ("few_points", "line"): _("Please add one more point, so that it becomes a line."),
        ("few_points", "area"): _("Please add corners: an area needs at least {least}."),
        ("many_points", "line"): _("The line has too many points. It may have {most} at most."),
        ("many_points", "area"): _("The area has too many corners. It may have {most} at most."),
        ("crosses_itself", "line"): _(
            "The line crosses itself. Please move one of its points or undo the last step."
        ),
        ("crosses_itself", "area"): _(
            "The sides of the area cross each other. Please move a corner or undo the last step."
        ),
        ("too_small", "line"): _("The line is too short. It needs at least {least} metres."),
        ("too_small", "area"): _("The area is too small. It needs at least {least} square metres."),
        ("too_large", "line"): _("The line is too long. It may have {most:,} metres at most."),
        ("too_large", "area"): _(
            "The area is too large. It may have {most:,} square metres at most."
        ),
    }
