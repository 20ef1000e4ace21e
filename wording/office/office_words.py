"""The office in words: what it is called, how it is reached, what nobody has filled in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from gettext import GNUTranslations

from core.errors import BadPhotoError, InvalidError, LuJianError, WrongStateError
from people.office.office import Office
from wording.error_messages import sentence_of
from wording.formatting import enumerated

#: Where the two numbers of a Chinese site can be looked up; both must be linked.
ICP_REGISTER = "https://beian.miit.gov.cn/"
POLICE_REGISTER = "https://beian.mps.gov.cn/#/query/webSearch"
_NO_DIAL = re.compile(r"[^0-9+*#]")
_DIGITS = re.compile(r"\d{6,}")


@dataclass(frozen=True)
class OfficeWords:
    """An office as pages name it; what is empty is not shown.

    ``called`` is its name, or in general what it is; ``name_lang`` the language of the name.
    ``missing``: what nobody has filled in, for those who may.
    """

    name: str
    name_lang: str
    called: str
    address: str
    telephone: str
    dial: str
    email: str
    icp: str
    icp_link: str
    police_record: str
    police_link: str
    logo: str
    missing: str = ""

    @property
    def site_name(self) -> str:
        """What the site is called where only one name fits."""
        return f"路见 · {self.name}" if self.name else "路见 LuJian"


def office_words(
    office: Office, words: GNUTranslations, lang: str, *, tells_missing: bool = False
) -> OfficeWords:
    """Return what a page in a language says of the office."""
    fields = field_words(words)
    missing = [fields[name] for name in office.missing] if tells_missing else []
    return OfficeWords(
        name=office.name(lang),
        name_lang=office.language_of("name", lang).replace("_", "-"),
        called=called(office, words, lang),
        address=office.said("address", lang),
        telephone=office.telephone,
        dial=dial_link(office.telephone),
        email=office.email,
        icp=office.icp,
        icp_link=ICP_REGISTER,
        police_record=office.police_record,
        police_link=police_link(office.police_record),
        logo=f"/w/office/{office.logo}.png" if office.logo else "",
        missing=enumerated(missing, lang),
    )


def called(office: Office, words: GNUTranslations, lang: str) -> str:
    """Return the office's name, or within a sentence what it is."""
    return office.name(lang) or words.gettext("the subdistrict office")


def dial_link(telephone: str) -> str:
    """Return the address by which a phone dials a number; empty for what is none."""
    digits = _NO_DIAL.sub("", telephone)
    return f"tel:{digits}" if len(digits) >= 3 else ""


def police_link(record: str) -> str:
    """Return where a record with the public security organs is looked up."""
    number = _DIGITS.search(record)
    return f"{POLICE_REGISTER}?code={number[0]}" if number else POLICE_REGISTER


def ways_to_reach(office: Office, words: GNUTranslations, lang: str) -> list[str]:
    """Return telephone, e-mail address and address, each with its name; what there is of them."""
    _ = words.gettext
    told = [
        (_("Telephone: {number}"), "number", office.telephone),
        (_("E-mail: {address}"), "address", office.email),
        (_("Address: {place}"), "place", office.said("address", lang)),
    ]
    return [said.format(**{name: value}) for said, name, value in told if value]


def office_line(office: Office, words: GNUTranslations, lang: str) -> str:
    """Return the office in one line for the foot of a letter or a sheet; empty without a name."""
    name = office.name(lang)
    said = words.gettext("{office}, telephone {number}")
    if name and office.telephone:
        return said.format(office=name, number=office.telephone)
    return name


def publisher_of(office: Office, lang: str) -> str:
    """Return who publishes a file: the office's name, else that of the program."""
    return office.name(lang) or "路见 LuJian"


def field_words(words: GNUTranslations) -> dict[str, str]:
    """Return what the fields of the office are called."""
    _ = words.gettext
    return {
        "name": _("Name of the office"),
        "address": _("Address of the office"),
        "handler": _("Whom to ask about personal data"),
        "telephone": _("Telephone"),
        "email": _("E-mail"),
        "icp": _("ICP number"),
        "police_record": _("Public security record number"),
        "privacy": _("Privacy"),
        "imprint": _("About this site"),
        "accessibility": _("Accessibility"),
        "logo": _("Logo"),
    }


def office_sentence(error: LuJianError, words: GNUTranslations) -> str:
    """Say why what is said of the office was not saved."""
    _ = words.gettext
    if isinstance(error, WrongStateError) and error.params.get("reason") == "stale":
        return _(
            "Somebody else changed this meanwhile. What is saved now stands beside what you typed; "
            "save once more if yours should stand."
        )
    if isinstance(error, InvalidError) and error.params.get("reason") == "long":
        return _("“{field}” is too long: {length} characters, at most {most} fit.").format(
            field=field_words(words)[error.params["field"]],
            length=error.params["length"],
            most=error.params["most"],
        )
    if isinstance(error, InvalidError) and error.params.get("reason") == "email":
        return _("This is no e-mail address. It looks like name@example.org.")
    if isinstance(error, BadPhotoError):
        return _("This file cannot become the logo. Please choose a PNG or JPEG, at most 2 MB.")
    return sentence_of(error, words)
