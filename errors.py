"""The error tree. Each leaf carries a stable code and parameters; the words are the screens'.

``api/errors.py`` maps a leaf to an HTTP status, ``wording/sentences.py`` to a sentence in the
reader's language.
"""

from __future__ import annotations

from typing import Any, ClassVar


class LuJianError(Exception):
    """Something a person can understand and act upon."""

    code: ClassVar[str] = "error"

    def __init__(self, **params: Any) -> None:
        self.params = params
        details = ", ".join(f"{k}={v!r}" for k, v in params.items())
        super().__init__(f"{self.code}({details})")


class NotFoundError(LuJianError):
    """The thing does not exist, or this person must not learn that it does."""

    code = "not_found"


class NotAllowedError(LuJianError):
    """This person may not do this."""

    code = "not_allowed"


class SignInNeededError(NotAllowedError):
    """Nobody is signed in here. Parameter: ``next``, the address to come back to."""

    code = "sign_in_needed"


class WrongSignInError(LuJianError):
    """No such login with such a password; which of the two is not told.

    By an identity provider, with ``problem``: ``no_role``, ``closed``, ``ticket``.
    """

    code = "wrong_sign_in"


class BadTokenError(LuJianError):
    """The API token is none of ours, has ended, or its account has."""

    code = "bad_token"


class UnavailableError(LuJianError):
    """What keeps the data cannot be used just now; try again. Parameter: ``problem``.

    ``away``: the database or the store of photos cannot be reached. ``full``: it can be read, but
    takes nothing more. ``busy``: too many want it at once.
    """

    code = "unavailable"


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


class DrawError(LuJianError):
    """A prize draw cannot go on like this. Parameter: ``problem``.

    ``collecting`` (proposals still come in), ``no_rules``, ``no_entries``, ``committed`` (its list
    is published already), ``not_committed``, ``source_known`` (the seed's source was public before
    the list), ``too_early`` (the source is not public yet), ``drawn`` (with another seed),
    ``another`` (list than the one meant to be void), ``unsure`` (what voiding it means was not
    confirmed).
    """

    code = "bad_draw"


class WrongStateError(LuJianError):
    """The state does not allow this change. Parameters: ``status``, ``wanted``."""

    code = "wrong_state"


class PlaceholderError(InvalidError):
    """A template holds a placeholder that there is not. Parameter: ``name`` (empty: a brace)."""

    code = "bad_placeholder"


class BadMergeError(InvalidError):
    """These proposals cannot be joined. Parameters: ``problem``, ``public_id``.

    ``itself`` (a proposal with itself), ``campaign`` (they are of two campaigns).
    """

    code = "bad_merge"


class StaleError(WrongStateError):
    """Somebody changed this meanwhile. ``changes``: a list of ``change_rows.Meanwhile``."""

    code = "stale"


class StandsOnError(WrongStateError):
    """A change cannot be undone, as later ones stand on it.

    ``changes``: a list of ``change_rows.Meanwhile``.
    """

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


class AnswerError(InvalidError):
    """An answer to one of the campaign's questions is missing or cannot be.

    Parameters: ``question`` (its key), ``problem`` (unknown, missing, choice, number, range, text,
    long_text), and ``least`` and ``most`` where there are bounds (of a multiple choice: how many).
    """

    code = "bad_answer"


class BadShapeError(InvalidError):
    """A drawn line or area cannot be. Parameters: ``problem``, ``kind``, ``least``, ``most``.

    ``kind`` (the campaign does not take it), ``unreadable``, ``few_points``, ``many_points``,
    ``crosses_itself``, ``too_small``, ``too_large``.
    """

    code = "bad_shape"


class BadPhotoError(InvalidError):
    """A photo cannot be taken. Parameter: ``problem``.

    ``unreadable``, ``too_big`` (bytes), ``too_many_pixels``, ``too_many`` (photos), ``gone``.
    """

    code = "bad_photo"


class BadContactError(InvalidError):
    """An e-mail address or phone number cannot be, or came without consent.

    Parameter: ``problem``: ``unreadable``, ``consent``; ``only_email`` or ``only_phone`` where no
    letter can be sent to the other kind.
    """

    code = "bad_contact"


class NoKeyError(LuJianError):
    """The operator has set no key, so contacts cannot be kept."""

    code = "no_key"


class BadFileError(InvalidError):
    """A file cannot be read as what it should be. Parameter: ``reason`` (one clear line).

    Where ``reason`` names a file, ``problem`` says in short what is wrong: ``unreadable``,
    ``ring``, ``encoding``, ``coordinates`` (a table without columns for them), ``part`` (of a
    Shapefile, with its ending), ``layer`` (with the names of those there are).
    """

    code = "bad_file"


class BadPasswordError(InvalidError):
    """This may not be a password. Parameters: ``problem``, and ``least`` or ``most``.

    ``short``, ``long``, ``common``, ``name`` (little more than a name of the person), ``twice``
    (the two that were typed differ), ``same`` (as before), ``wrong`` (not the present one).
    """

    code = "bad_password"


class BadAccountError(InvalidError):
    """An account, a term of office or a token cannot be so. Parameter: ``problem``.

    ``login``, ``login_taken``, ``name``, ``role``, ``place``, ``term`` (it ends before it begins),
    ``term_needed`` (this role is held for a fixed period), ``held`` (already), ``acts``, ``many``.
    """

    code = "bad_account"
