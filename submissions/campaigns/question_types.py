"""The kinds of questions a campaign may ask: their fields, and how each reads an answer.

Pydantic models of what ``submissions.campaigns.questionnaire`` documents. ``read`` takes what a
form or JSON holds and returns the typed answer, None for none; it raises ``AnswerError``.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Literal, NoReturn, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from core.errors import AnswerError, AnswerProblem, EmptyTextError, LongTextError, LuJianError
from core.text import clean_line, clean_text

MOST_OPTIONS, MOST_STEPS = 40, 11
DECIMALS = 6
_DIGITS = 40
FURTHEST = 1e9  # up to here a float keeps six decimals
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)", re.ASCII)


def _storable(text: str) -> str:
    try:
        kept = clean_text(text, most=300)
    except LuJianError as error:
        raise ValueError(error.code) from error
    if kept != text:
        raise ValueError("has white space around it, or characters that cannot be stored")
    return text


Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Text = Annotated[str, AfterValidator(_storable)]
Bound = Annotated[float, Field(ge=-FURTHEST, le=FURTHEST)]


class _Part(BaseModel):
    """Nothing but the fields it names, of exactly their types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Words(_Part):
    """The same words in both languages."""

    zh_CN: Text  # noqa: N815
    en: Text


class Option(_Part):
    """One thing to choose."""

    key: Key
    label: Words
    icon: Key | None = None


class IfChosen(_Part):
    """Shown when one of these options of an earlier question was chosen."""

    question: Key
    any_of: Annotated[tuple[Key, ...], Field(min_length=1)]


class IfCategory(_Part):
    """Shown when the proposal is of one of these categories."""

    category: Annotated[tuple[Key, ...], Field(min_length=1)]


class Ends(_Part):
    """The words at both ends of a scale."""

    least: Words
    most: Words


class QuestionBase(_Part):
    """What all kinds of questions have."""

    column_kind: ClassVar[str] = "string|null"

    key: Key
    label: Words
    hint: Words | None = None
    required: bool = False
    private: bool = False
    show_if: IfChosen | IfCategory | None = None

    def refuse(self, problem: str, **bounds: Any) -> NoReturn:
        """Raise the ``AnswerError`` that names this question."""
        raise AnswerError(question=self.key, problem=AnswerProblem(problem), **bounds)


class _Choice(QuestionBase):
    options: Annotated[tuple[Option, ...], Field(min_length=2, max_length=MOST_OPTIONS)]

    @property
    def option_keys(self) -> tuple[str, ...]:
        """The keys of its options, in their order."""
        return tuple(option.key for option in self.options)

    def chosen(self, value: Any) -> list[str]:
        """Return the keys that were chosen, in the options' order."""
        keys = [key for key in _listed(value) if key not in (None, "")]
        if not all(isinstance(key, str) and key in self.option_keys for key in keys):
            self.refuse("choice")
        return [key for key in self.option_keys if key in keys]


class Single(_Choice):
    """Choose one."""

    kind: Literal["single"]

    def read(self, value: Any) -> str | None:
        """Return the option's key."""
        keys = self.chosen(value)
        if len(keys) > 1:
            self.refuse("choice")
        return keys[0] if keys else None


class Multiple(_Choice):
    """Choose several, at most ``most``."""

    column_kind: ClassVar[str] = "boolean|null"

    kind: Literal["multiple"]
    most: Annotated[int, Field(ge=1, le=MOST_OPTIONS)] | None = None

    def read(self, value: Any) -> list[str] | None:
        """Return the options' keys in their order."""
        keys = self.chosen(value)
        if self.most is not None and len(keys) > self.most:
            self.refuse("range", least=int(self.required), most=self.most)
        return keys or None


class Scale(QuestionBase):
    """A step between two ends, ``least`` to ``most``."""

    column_kind: ClassVar[str] = "integer|null"

    kind: Literal["scale"]
    least: Annotated[int, Field(ge=-10, le=10)] = 1
    most: Annotated[int, Field(ge=-10, le=10)] = 5
    ends: Ends

    @model_validator(mode="after")
    def _has_steps(self) -> Self:
        if not 1 <= self.most - self.least < MOST_STEPS:
            raise ValueError(f"a scale has 2 to {MOST_STEPS} steps")
        return self

    def read(self, value: Any) -> int | None:
        """Return the step."""
        number = _number(self, value)
        if number is None:
            return None
        if not self.least <= number <= self.most:
            self.refuse("range", least=self.least, most=self.most)
        if not number.is_integer():
            self.refuse("number", least=self.least, most=self.most)
        return int(number)


class Number(QuestionBase):
    """A number from ``least`` to ``most``, in ``unit``."""

    column_kind: ClassVar[str] = "number|null"

    kind: Literal["number"]
    least: Bound
    most: Bound
    whole: bool = False
    unit: Words | None = None

    @model_validator(mode="after")
    def _has_room(self) -> Self:
        if not self.least < self.most:
            raise ValueError("least must be below most")
        if self.whole and not (self.least.is_integer() and self.most.is_integer()):
            raise ValueError("the bounds of whole numbers are whole")
        return self

    def read(self, value: Any) -> int | float | None:
        """Return a whole number as int; else a float of at most six decimals."""
        number = _number(self, value)
        if number is None:
            return None
        bounds = {"least": _plain(self.least), "most": _plain(self.most)}
        if not self.least <= number <= self.most:
            self.refuse("range", **bounds)
        if self.whole and not number.is_integer():
            self.refuse("number", **bounds)
        return int(number) if self.whole else number


class ShortText(QuestionBase):
    """One line of text, at most ``most`` characters."""

    kind: Literal["short_text"]
    most: Annotated[int, Field(ge=1, le=200)] = 100

    def read(self, value: Any) -> str | None:
        """Return the text in one line."""
        return _text(self, _alone(self, value), self.most, clean=clean_line)


class LongText(QuestionBase):
    """Text of several lines, at most ``most`` characters."""

    kind: Literal["long_text"]
    most: Annotated[int, Field(ge=1, le=2000)] = 500

    def read(self, value: Any) -> str | None:
        """Return the text, its line ends as line feeds."""
        return _text(self, _alone(self, value), self.most)


Question = Annotated[
    Single | Multiple | Scale | Number | ShortText | LongText, Field(discriminator="kind")
]


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _alone(question: QuestionBase, value: Any) -> Any:
    """Return the one thing that was sent; a form may send it in a list."""
    things = _listed(value)
    if len(things) > 1:
        question.refuse("text")
    return things[0] if things else None


def _number(question: QuestionBase, value: Any) -> float | None:
    """Return the number, also as a Chinese keyboard types it (full-width); None for none."""
    things = _listed(value)
    if len(things) > 1:
        question.refuse("number")
    value = things[0] if things else None
    if isinstance(value, str):
        value = unicodedata.normalize("NFKC", value).strip()
        if value and (len(value) > _DIGITS or not _NUMBER.fullmatch(value)):
            question.refuse("number")
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float) or value != value:
        question.refuse("number")
    try:
        return round(float(value), DECIMALS) + 0.0  # + 0.0: no negative zero
    except OverflowError:
        return math.inf


def _plain(bound: float) -> int | float:
    return int(bound) if bound.is_integer() else bound


def _text(
    question: QuestionBase, value: Any, most: int, clean: Callable[..., str] = clean_text
) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        question.refuse("text")
    try:
        return clean(value, most=most)
    except EmptyTextError:
        return None
    except LongTextError as error:
        question.refuse("long_text", **error.params)
