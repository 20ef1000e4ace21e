"""How much one file may cost the machine while it is read."""

from __future__ import annotations

from dataclasses import dataclass

import psutil

from core.settings import Settings

MIB = 2**20


@dataclass(frozen=True)
class ReadLimits:
    """What a reading process may use. Sizes in MiB, times in seconds.

    ``memory_mb`` is what it may hold in memory (the address space may be 2 GiB more, as libraries
    reserve without using); ``seconds`` of the clock, and of processor time; ``unpacked_mb``: what
    an archive may hold, by the bytes that come out; ``result_mb``: what it may write; ``files``:
    how many may be open. 0 for ``features``, ``positions``, ``columns`` is no limit.
    """

    memory_mb: int = 1024
    seconds: int = 60
    unpacked_mb: int = 200
    result_mb: int = 256
    files: int = 64
    members: int = 100
    features: int = 0
    positions: int = 0
    columns: int = 0

    @property
    def address_space(self) -> int:
        """Return the limit of the address space in bytes."""
        return (self.memory_mb + 2048) * MIB


#: How much more a command may use than a form: an operator's own files hold a city's worth.
_MORE_MEMORY, _MORE_TIME, _MORE_ROOM = 12, 5, 40


def form_limits(settings: Settings) -> ReadLimits:
    """Return the limits for files that are sent through a form."""
    return ReadLimits(
        memory_mb=settings.read_memory_mb,
        seconds=settings.read_seconds,
        unpacked_mb=settings.read_unpacked_mb,
        files=settings.read_open_files,
    )


def command_limits(settings: Settings) -> ReadLimits:
    """Return the limits for files that an operator names in a command.

    At most half of the machine's memory, whatever the settings say.
    """
    half_mb = psutil.virtual_memory().total // 2 // MIB
    return ReadLimits(
        memory_mb=min(_MORE_MEMORY * settings.read_memory_mb, half_mb),
        seconds=_MORE_TIME * settings.read_seconds,
        unpacked_mb=_MORE_ROOM * settings.read_unpacked_mb,
        result_mb=_MORE_ROOM * settings.read_unpacked_mb,
        files=settings.read_open_files,
        members=1_000,
    )
