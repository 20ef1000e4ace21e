"""Which file an address asks for: its form, its coordinate system, the language of its words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from gettext import GNUTranslations
from typing import Annotated

from fastapi import Depends, Query

from core.language import DEFAULT, language_of_request, translations
from geo.writing.forms import Form, default_system, form_by_ending
from geo.writing.target_systems import TargetSystem, system_for
from people.office.office import current_office
from serving.context import Context
from wording.files.file_words import file_notes
from wording.office.office_words import publisher_of

Crs = Annotated[
    str,
    Query(
        max_length=40,
        description="EPSG:4326 (WGS 84), EPSG:4490, a zone in metres such as EPSG:4548 or "
        "EPSG:4527, or GCJ-02. Without it WGS 84; of a DXF the zone in metres.",
    ),
]
Lang = Annotated[str, Query(description="Of titles and notes in the file: zh_CN, zh_Hant, en.")]


@dataclass(frozen=True)
class Wanted:
    """The system that was named (empty for none), and the language."""

    crs: str
    lang: str

    def form(self, ending: str, longitude: float) -> FileAsked:
        """Return the file that is asked for, of something at a longitude (degrees).

        Raises ``UnknownFormError``, ``UnknownSystemError``, ``WrongSystemError``.
        """
        form = form_by_ending(ending)
        system = system_for(self.crs) if self.crs else default_system(form, longitude)
        form.check_system(system)
        return FileAsked(form, system, self.lang)


@dataclass(frozen=True)
class FileAsked:
    """A form, a system that it can be in, and a language."""

    form: Form
    system: TargetSystem
    lang: str

    @property
    def words(self) -> GNUTranslations:
        """The words of its titles and notes."""
        return translations(self.lang)

    @property
    def tag(self) -> str:
        """What differs between files of the same things."""
        return f"{self.form.name}-{self.system.code.replace(':', '')}-{self.lang}"

    def notes(
        self, room: Context, what: str, *, query: str = "", licensed: bool = True
    ) -> list[str]:
        """Return the sentences that stand in the file; ``what`` it is, its filter ``query``."""
        settings = room.settings
        return file_notes(
            what,
            self.system,
            self.words,
            made=datetime.now(UTC),
            licence=settings.licence if licensed else "",
            publisher=publisher_of(current_office(room.database, settings), self.lang),
            query=query,
        )


def wanted(crs: Crs = "", lang: Lang = DEFAULT) -> Wanted:
    """Return what an address says of a file."""
    return Wanted(crs.strip(), language_of_request(lang, None))


FileWanted = Annotated[Wanted, Depends(wanted)]
