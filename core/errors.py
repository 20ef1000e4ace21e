"""The error tree. Each leaf carries a stable code and parameters; the words are the screens'.

``serving/errors.py`` maps a leaf to an HTTP status, ``wording/error_messages.py`` to a sentence.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar, Generic, TypeVar

P = TypeVar("P", bound=StrEnum)


class LuJianError(Exception):
    """Something a person can understand and act upon."""

    code: ClassVar[str] = "error"

    def __init__(self, **params: Any) -> None:
        self.params = params
        plain = {k: v.value if isinstance(v, StrEnum) else v for k, v in params.items()}
        details = ", ".join(f"{k}={v!r}" for k, v in plain.items())
        super().__init__(f"{self.code}({details})")


class ProblemError(LuJianError, Generic[P]):
    """One of several ``problems``, each with its sentence; ``usual``: where none is given."""

    problems: ClassVar[type[StrEnum]]
    usual: ClassVar[StrEnum | None] = None

    def __init__(self, *, problem: P | None = None, **params: Any) -> None:
        given = {} if problem is None else {"problem": self.problems(problem)}
        self.problem: Any = self.problems(str(problem or self.usual))
        super().__init__(**params, **given)


class NotFoundError(LuJianError):
    """The thing does not exist, or this person must not learn that it does."""

    code = "not_found"


class NotAllowedError(LuJianError):
    """This person may not do this."""

    code = "not_allowed"


class SignInNeededError(NotAllowedError):
    """Nobody is signed in here. Parameter: ``next``, the address to come back to."""

    code = "sign_in_needed"


class SignInProblem(StrEnum):
    """Why nobody is let in."""

    WRONG = "wrong"  # login or password; which of the two is not told
    NO_ROLE = "no_role"  # the provider knows the person, nobody gave them a role
    ISSUER = "issuer"  # the provider speaks for an issuer that is not its own
    CLOSED = "closed"  # the account was closed
    EXPIRED = "expired"  # this way in by a provider is over, used, or of another browser
    AWAY = "away"  # the provider cannot be reached


class WrongSignInError(ProblemError[SignInProblem]):
    """Nobody is let in like this. Of a login and its password it is not told which was wrong."""

    code = "wrong_sign_in"
    problems = SignInProblem
    usual = SignInProblem.WRONG


class BadTokenError(LuJianError):
    """The API token is none of ours, has ended, or its account has."""

    code = "bad_token"


class Outage(StrEnum):
    """Why what keeps the data cannot be used."""

    AWAY = "away"  # the database or the store of photos cannot be reached
    FULL = "full"  # it can be read, but takes nothing more
    BUSY = "busy"  # too many want it at once


class UnavailableError(ProblemError[Outage]):
    """What keeps the data cannot be used just now; try again."""

    code = "unavailable"
    problems = Outage
    usual = Outage.AWAY


class InvalidError(LuJianError):
    """What was sent cannot be accepted as it is."""

    code = "invalid"


class OutsideAreaError(InvalidError):
    """The point lies outside the campaign's area."""

    code = "outside_area"


class BadCoordinateError(InvalidError):
    """The coordinate is no number or no place on earth."""

    code = "bad_coordinate"


class EmptyTextError(InvalidError):
    """The text has nothing to read."""

    code = "empty_text"


class LongTextError(InvalidError):
    """The text is longer than allowed. Parameters: ``length``, ``most``."""

    code = "long_text"


class UnknownCategoryError(InvalidError):
    """The campaign does not ask for this category. Parameter: ``category``."""

    code = "unknown_category"


class UnknownRelationError(InvalidError):
    """The relation to the place is none of those offered. Parameter: ``relation``."""

    code = "unknown_relation"


class CampaignClosedError(LuJianError):
    """The campaign takes no proposals now. Parameters: ``opens_at``, ``closes_at``."""

    code = "campaign_closed"


class NotNowError(LuJianError):
    """The phase of the campaign does not allow this now. Parameters: ``act``, ``phase``."""

    code = "not_now"


class DrawProblem(StrEnum):
    """Why a prize draw cannot go on."""

    COLLECTING = "collecting"  # proposals still come in
    NO_RULES = "no_rules"
    NO_ENTRIES = "no_entries"
    COMMITTED = "committed"  # its list is published already
    NOT_COMMITTED = "not_committed"
    ANOTHER = "another"  # list than the one meant to be void
    UNSURE = "unsure"  # what voiding it means was not confirmed
    SOURCE_KNOWN = "source_known"  # the seed's source was public before the list
    TOO_EARLY = "too_early"  # the source is not public yet
    DRAWN = "drawn"  # with another seed


class DrawError(ProblemError[DrawProblem]):
    """A prize draw cannot go on like this."""

    code = "bad_draw"
    problems = DrawProblem


class WrongStateError(LuJianError):
    """The state does not allow this change. Parameters: ``status``, ``wanted``."""

    code = "wrong_state"


class PlaceholderError(InvalidError):
    """A template holds a placeholder that there is not. Parameter: ``name`` (empty: a brace)."""

    code = "bad_placeholder"


class MergeProblem(StrEnum):
    """Why proposals cannot be joined."""

    ITSELF = "itself"  # a proposal with itself
    CAMPAIGN = "campaign"  # they are of two campaigns


class BadMergeError(ProblemError[MergeProblem], InvalidError):
    """These proposals cannot be joined. Parameter: ``public_id``."""

    code = "bad_merge"
    problems = MergeProblem


class StaleError(WrongStateError):
    """Somebody changed this meanwhile. ``changes``: a list of ``change_rows.Meanwhile``."""

    code = "stale"


class StandsOnError(WrongStateError):
    """A change cannot be undone, as later ones stand on it: ``changes``, as of ``StaleError``."""

    code = "stands_on"


class UnchangedError(InvalidError):
    """It is like that already. Parameter: ``field``."""

    code = "unchanged"


class TooOftenError(LuJianError):
    """More than this device or address may send for now. Parameter: ``wait_s``."""

    code = "too_often"


class SlowedError(TooOftenError):
    """So many passwords were wrong that the next one has to wait. Parameter: ``wait_s``."""

    code = "slowed"


class ProofNeededError(LuJianError):
    """So much is coming in that the browser must first do some work. Parameter: ``challenge``."""

    code = "proof_needed"


class AnswerProblem(StrEnum):
    """What is wrong with an answer."""

    UNKNOWN = "unknown"
    MISSING = "missing"
    CHOICE = "choice"
    NUMBER = "number"
    RANGE = "range"
    TEXT = "text"
    LONG_TEXT = "long_text"


class AnswerError(ProblemError[AnswerProblem], InvalidError):
    """An answer to one of the campaign's questions is missing or cannot be.

    Parameters: ``question`` (its key), ``least`` and ``most`` (of a multiple choice: how many).
    """

    code = "bad_answer"
    problems = AnswerProblem


class ShapeProblem(StrEnum):
    """What is wrong with a drawing."""

    KIND = "kind"  # the campaign does not take it
    UNREADABLE = "unreadable"
    FEW_POINTS = "few_points"
    MANY_POINTS = "many_points"
    CROSSES_ITSELF = "crosses_itself"
    TOO_SMALL = "too_small"
    TOO_LARGE = "too_large"


class BadShapeError(ProblemError[ShapeProblem], InvalidError):
    """A drawn line or area cannot be. Parameters: ``kind``, ``least``, ``most``."""

    code = "bad_shape"
    problems = ShapeProblem


class PhotoProblem(StrEnum):
    """Why a photo is not taken."""

    UNREADABLE = "unreadable"
    HEIC = "heic"  # a format that is read only where its library is installed
    TOO_BIG = "too_big"  # bytes
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_MANY = "too_many"  # photos
    GONE = "gone"


class BadPhotoError(ProblemError[PhotoProblem], InvalidError):
    """A photo cannot be taken."""

    code = "bad_photo"
    problems = PhotoProblem


class ContactProblem(StrEnum):
    """What is wrong with a contact."""

    UNREADABLE = "unreadable"
    CONSENT = "consent"  # it came without
    ONLY_EMAIL = "only_email"  # no letter can be sent to the other kind
    ONLY_PHONE = "only_phone"


class BadContactError(ProblemError[ContactProblem], InvalidError):
    """An e-mail address or phone number cannot be, or came without consent."""

    code = "bad_contact"
    problems = ContactProblem


class NoKeyError(LuJianError):
    """The operator has set no key, so contacts cannot be kept."""

    code = "no_key"


class FileProblem(StrEnum):
    """What is wrong with a file."""

    UNREADABLE = "unreadable"
    ABSENT = "absent"  # no such file
    KIND = "kind"  # none that is read
    DWG = "dwg"  # a kind that only DXF can stand for
    UNIT = "unit"  # of a drawing, which does not say it
    KIND_DIFFERS = "kind_differs"  # from what its name says
    SIZE = "size"
    COSTLY = "costly"  # reading it takes too much memory or time
    BUSY = "busy"  # too many files are being read
    ARCHIVE = "archive"  # damaged, or none
    LOCKED = "locked"  # by a password
    EMPTY_ARCHIVE = "empty_archive"
    PART = "part"  # of a Shapefile is missing
    LAYER = "layer"  # there is no such
    WHICH_LAYER = "which_layer"  # there are several
    ENCODING = "encoding"
    COORDINATES = "coordinates"  # a table without columns for them
    DEEP = "deep"  # nested
    DEFINITIONS = "definitions"  # DOCTYPE
    SYSTEM = "system"  # needs further files
    NO_FEATURE = "no_feature"
    NO_AREA = "no_area"
    FEATURES = "features"  # too many
    POSITIONS = "positions"  # too many
    COLUMNS = "columns"  # too many
    RING = "ring"  # not closed
    NO_CODE = "no_code"  # of a community
    NO_NAME = "no_name"
    NO_POLYGON = "no_polygon"
    TWICE = "twice"  # one code
    PERSONS = "persons"  # no number


class BadFileError(ProblemError[FileProblem], InvalidError):
    """A file cannot be read as what it should be. Parameter: ``reason`` (one clear line)."""

    code = "bad_file"
    problems = FileProblem
    usual = FileProblem.UNREADABLE


class PasswordProblem(StrEnum):
    """Why this may not be a password."""

    SHORT = "short"
    LONG = "long"
    COMMON = "common"
    NAME = "name"  # little more than a name of the person
    TWICE = "twice"  # the two that were typed differ
    SAME = "same"  # as before
    WRONG = "wrong"  # not the present one


class BadPasswordError(ProblemError[PasswordProblem], InvalidError):
    """This may not be a password. Parameters: ``least`` or ``most``."""

    code = "bad_password"
    problems = PasswordProblem


class AccountProblem(StrEnum):
    """What is wrong with an account, a term of office or a token."""

    LOGIN = "login"
    LOGIN_TAKEN = "login_taken"
    NAME = "name"
    ROLE = "role"
    PLACE = "place"
    TERM = "term"  # it ends before it begins
    TERM_NEEDED = "term_needed"  # this role is held for a fixed period
    HELD = "held"  # already
    ACTS = "acts"
    MANY = "many"  # tokens


class BadAccountError(ProblemError[AccountProblem], InvalidError):
    """An account, a term of office or a token cannot be so."""

    code = "bad_account"
    problems = AccountProblem
