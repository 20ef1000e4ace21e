"""What is wrong with a draft, all of it, so that its author can mend it in one go. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ParamSpec, TypeVar

from core.errors import EmptyTextError, InvalidError, LuJianError

P = ParamSpec("P")
T = TypeVar("T")


class SeveralError(InvalidError):
    """Several things that were sent cannot be accepted. ``faults``: each of them, in order."""

    code = "several"

    def __init__(self, faults: Sequence[LuJianError] = ()) -> None:
        super().__init__(codes=[fault.code for fault in faults])
        self.faults = tuple(faults)


class ShortTextError(EmptyTextError):
    """The text has too few letters to say anything. Parameter: ``least``, different ones."""

    code = "short_text"


def each_fault(error: LuJianError) -> tuple[LuJianError, ...]:
    """Return what an error says, one by one."""
    return error.faults if isinstance(error, SeveralError) else (error,)


class Faults:
    """Collects what the checks of a draft refuse; ``check`` raises it together."""

    def __init__(self) -> None:
        self.found: list[InvalidError] = []

    def of(self, check: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Return what a check returns; None where it refuses, which is noted."""
        try:
            return check(*args, **kwargs)
        except InvalidError as error:
            self.found.append(error)
            return None

    def check(self) -> None:
        """Raise what was found: one fault as it is, several as ``SeveralError``; else nothing."""
        if len(self.found) == 1:
            raise self.found[0]
        if self.found:
            raise SeveralError(self.found)
