"""The words around the form: what may be placed, what the script says, how staff note a voice."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from gettext import GNUTranslations

from core.language import in_language
from submissions.campaigns.geometry_kinds import GeometryKind
from submissions.proposals.queries import CampaignView
from submissions.proposals.states import EntryChannel


def kind_words(words: GNUTranslations) -> dict[str, str]:
    """Return how people call what they may put on the map."""
    _ = words.gettext
    return {
        GeometryKind.POINT: _("A place"),
        GeometryKind.LINE: _("A route"),
        GeometryKind.AREA: _("A plot"),
    }


def entry_words(words: GNUTranslations) -> dict[EntryChannel, str]:
    """Return how a voice reached the staff."""
    _ = words.gettext
    return {
        EntryChannel.PAPER: _("On a paper slip"),
        EntryChannel.INTERVIEW: _("Said in the street"),
    }


def photo_label(words: GNUTranslations, most: int) -> str:
    """Return the label of the button that takes photos."""
    said = words.ngettext("Add up to {n} photo", "Add up to {n} photos", most)
    return said.format(n=most)


def photos_refused(words: GNUTranslations, names: Sequence[str], why: str) -> str:
    """Return which photos could not be taken, and why."""
    listed = " ".join(f"“{name}”" for name in names)
    return words.gettext("Not taken: {names}. {why}").format(names=listed, why=why)


def after_refused_photos(words: GNUTranslations) -> str:
    """Return what to do after photos of a form were refused."""
    return words.gettext(
        "Your proposal has not been sent yet. Please choose another photo, or press the button "
        "again to send it without."
    )


def contact_label(words: GNUTranslations) -> str:
    """Return the label of the field for an address."""
    return words.gettext("E-mail or mobile number")


def channel_label(words: GNUTranslations, kinds: Collection[str]) -> str:
    """Return the label of the field for an address, naming the channels there are."""
    _ = words.gettext
    if set(kinds) == {"email"}:
        return _("Your e-mail address")
    if set(kinds) == {"phone"}:
        return _("Your mobile number")
    return contact_label(words)


def tap_first(words: GNUTranslations) -> str:
    """Ask for a place on the map."""
    return words.gettext("Please tap the map first, so that we know which place you mean.")


def name_first(words: GNUTranslations, typed: str) -> str:
    """Ask for the name of a place where there is no map; ``typed``: one that is not known."""
    _ = words.gettext
    if not typed:
        return _("Please write the name of the place, so that we know where you mean.")
    return _(
        "We know no place called “{name}”. Please write the name of a community, a road or a "
        "station nearby."
    ).format(name=typed)


def another_place(words: GNUTranslations) -> str:
    """Ask for a place within the campaign's area where there is no map."""
    return words.gettext(
        "This place is outside the area of this campaign. Please write the name of a place inside."
    )


def problems_heading(words: GNUTranslations, count: int) -> str:
    """Return the heading of the list of several things that are missing or wrong in a form."""
    return words.gettext("{n} things are still missing or not right:").format(n=count)


def script_words(words: GNUTranslations, campaign: CampaignView, lang: str) -> dict[str, str]:
    """Return the sentences that the page's script says."""
    _ = words.gettext
    facility = in_language((campaign.facility or {}).get("name") or {}, lang)
    return {
        "how_point": _("Tap the map, or search for a place, or use your position."),
        "how_line": _("Tap the map along the route, corner by corner. Corners can be dragged."),
        "how_area": _("Tap the map around the plot, corner by corner. Corners can be dragged."),
        "cross": _("Put the pin at the cross"),
        "middle": _("Put the pin in the middle of the map"),
        "corners": _("Corners so far: {n}"),
        "area": _("About {n} m²"),
        "metres": _("{n} m"),
        "kilometres": _("{n} km"),
        "outside": _(
            "This place is outside the area of this campaign, so the pin went back. "
            "Please stay inside the dashed line."
        ),
        "outside_position": _(
            "You are outside the area of this campaign just now. Please tap the map at the place "
            "that you mean, or search for it."
        ),
        "here": _("You are in: {place}"),
        "chosen": _("The place is chosen already."),
        "missing": _("{n} things are still missing or not right:"),
        "community": _("This is in {name}. You can drag the pin or tap again."),
        "no_community": _("The pin is on the map. You can drag it or tap again."),
        "facility_name": facility,
        "facility": _("Nearest {name}: {far} away."),
        "unsure": _("Your phone is only sure within {n} m. Is the pin right? If not, drag it."),
        "near": _("Already asked for within 100 m: {n}. Is yours among them?"),
        "all_near": _("These are {shown} of {n}. See all of them, the nearest first"),
        "supports": _("Supporters: {n}"),
        "alike": _("much like yours"),
        "instead": _("I support this instead"),
        "supported": _("Thank you. Supporters now: {n}"),
        "open": _("Open it"),
        "photo": _("Photo of the place"),
        "photo_n": _("Photo {n}"),
        "remove": _("Remove"),
        "cancel": _("Cancel"),
        "most_photos": _("At most {n} photos, please."),
        "sending_photo": _("The photo is being sent …"),
        "bad_photo": _("This photo could not be taken. Please try another one."),
        "photo_lost": _("The connection broke off while the photo was being sent."),
        "photo_offline": _(
            "“{name}” is kept on this device and goes along when there is a connection."
        ),
        "photo_failed": _("“{name}” was not taken. {why}"),
        "photos_failed": _(
            "Your proposal has not been sent yet, because these photos did not arrive: {names}."
        ),
        "photos_unsent": _("These photos had not arrived yet. Please choose them again: {names}"),
        "photo_gone": _("A photo is no longer there. Please add it again."),
        "again": _("Try again"),
        "without": _("Send without them"),
        "send_later": _("Keep it all here, and send it when the connection is better"),
        "leave_out": _("Leave it out"),
        "photo_place": _("The photo knows where it was taken."),
        "photo_place_yes": _("Put the pin there"),
        "search_offline": _(
            "Places are looked up only with a connection. Please tap the map instead."
        ),
        "no_place": _("No such place found. Please tap the map."),
        "no_position": _("Your position could not be found. Please tap the map instead."),
        "refused_position": _(
            "Your phone does not share its position with this page. Please tap the map instead."
        ),
        "wechat_position": _(
            "WeChat does not share your position with this page. Allow it under “Settings – Apps – "
            "WeChat – Location” of your phone, or open this page in the phone’s browser (“…” at "
            "the top right). You can also tap the map."
        ),
        "sending": _("Sending …"),
        "proving": _("Very many people are sending just now. One moment, your phone is working …"),
        "place_first": _("Please tap the map first, so that we know which place you mean."),
        "text_first": _("Please write a few words about what you would like here."),
        "offline": _(
            "There is no connection. What you typed is kept on this device and is sent as soon as "
            "there is one; you can also press the button again."
        ),
        "failed": _("Something went wrong. Nothing you typed is lost; please try again."),
    }


def example_of(words: GNUTranslations, campaign: CampaignView, lang: str, category: str) -> str:
    """Return the example for a category: the campaign's own, else one of its kind, else one of all.

    ``category`` is empty while none is chosen.
    """
    own = in_language(
        {key: str(texts.get("hint") or "") for key, texts in campaign.texts.items()}, lang
    )
    if own:
        return own
    said = _examples(words).get(category) or _usual_example(words)
    return words.gettext("For example: {example}").format(example=said)


def _usual_example(words: GNUTranslations) -> str:
    """Return an example that fits wherever something about a place is to be better."""
    return words.gettext("The path here is dark in the evening; please put up two lamps.")


def _examples(words: GNUTranslations) -> dict[str, str]:
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
