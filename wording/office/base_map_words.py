"""The base map in words: what there is to choose, and why something cannot be had."""

from __future__ import annotations

from gettext import GNUTranslations

from core.errors import LuJianError, WrongStateError
from layers.background.base_map import BaseMapError
from layers.background.tile_file import BadBackgroundError
from wording.error_messages import sentence_of


def choice_names(words: GNUTranslations) -> dict[str, str]:
    """Return what each kind of base map is called."""
    _ = words.gettext
    return {
        "none": _("None: the map draws its own layers"),
        "tianditu": _("Tianditu, the map"),
        "tianditu-image": _("Tianditu, the picture from above"),
        "xyz": _("Tiles of another server (XYZ)"),
        "file": _("A PMTiles file on this server"),
    }


def base_map_sentence(error: LuJianError, words: GNUTranslations) -> str:
    """Say why a base map is not taken."""
    _ = words.gettext
    if isinstance(error, WrongStateError):
        return {
            "stale": _("Somebody else chose a base map meanwhile. Look at it, then try again."),
            "operator": _("The settings of this server name the base map; they go before."),
        }.get(str(error.params.get("reason")), sentence_of(error, words))
    if not isinstance(error, BaseMapError | BadBackgroundError):
        return sentence_of(error, words)
    told = _of_tiles(words) | _of_choices(words)
    said = told.get(str(error.params.get("problem")), _("This base map cannot be used."))
    return said.format(**error.params)


def _of_tiles(words: GNUTranslations) -> dict[str, str]:
    """Return what is said where no tile came."""
    _ = words.gettext
    return {
        "form": _("This is no address of tiles. It looks like https://host/{{z}}/{{x}}/{{y}}.png."),
        "https": _("The address must begin with https://. Browsers show no other pictures here."),
        "private": _(
            "{host} lies in a private network, into which this server does not ask at anybody's "
            "word. Whoever runs the server can set LUJIAN_BASEMAP_URL instead."
        ),
        "unknown": _("There is no server called {host}. Please check the address."),
        "connection": _(
            "{host} did not answer. Please check the address, and whether this server may reach it."
        ),
        "status": _(
            "{host} refused the tile (HTTP {status}). Please check the address, the key, and for "
            "which sites the key holds."
        ),
        "no_picture": _(
            "What {host} sent is no picture. Please check the address; vector tiles can only be "
            "used as a PMTiles file."
        ),
        "elsewhere": _("{file} has nothing where the campaigns are. Please choose another file."),
    }


def _of_choices(words: GNUTranslations) -> dict[str, str]:
    """Return what is said of a choice that is not whole."""
    _ = words.gettext
    return {
        "choice": _("Please choose a base map."),
        "placeholders": _(
            "The address must have {{z}}, {{x}} and {{y}} in it, where the numbers of a tile go, "
            "and nothing else in braces but {{s}} and {{-y}}."
        ),
        "zoom": _("The largest zoom is a number from {least} to {most}."),
        "no_file": _("This file is not there any more. Please choose another one."),
        "no_key": _("This is no key of Tianditu. It is a row of letters and digits."),
        "no_secret": _(
            "The server has no key yet by which Tianditu's key can be kept. Whoever runs it sets "
            "LUJIAN_SECRET_KEY."
        ),
        "wrong_key": _(
            "Tianditu's key was sealed under another LUJIAN_SECRET_KEY. Please type it again."
        ),
        "no_pmtiles": _("{file} is no PMTiles file, or is damaged."),
        "compression": _("The tiles in {file} are compressed in a way that is not read here."),
        "no_script": _(
            "What draws vector tiles is not installed. Whoever runs the server runs `make setup`."
        ),
        "scheme": _(
            "{file} holds vector tiles that are named neither as Protomaps nor as OpenMapTiles "
            "names them, so they cannot be drawn here."
        ),
    }
