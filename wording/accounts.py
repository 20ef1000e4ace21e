"""Roles, places and acts of staff in words; and what is wrong with an account or a password."""

from __future__ import annotations

from gettext import GNUTranslations

from core import errors
from core.errors import AccountProblem, PasswordProblem, SignInProblem
from people.access.actor import Grant, Reach, Role
from people.access.permissions import Act
from people.accounts.oidc_providers import UNNAMED, Provider


def role_words(words: GNUTranslations) -> dict[Role, str]:
    """Return what the roles are called."""
    _ = words.gettext
    return {
        Role.RESIDENT: _("Resident"),
        Role.COUNCIL_MEMBER: _("Council member"),
        Role.RESIDENT_PLANNER: _("Resident planner"),
        Role.SOCIAL_WORKER: _("Social worker"),
        Role.COMMUNITY_PLANNER: _("Community planner"),
        Role.SUBDISTRICT_OFFICER: _("Subdistrict officer"),
        Role.DEPARTMENT: _("Department"),
        Role.DESIGN_FIRM: _("Design firm"),
        Role.ADMINISTRATOR: _("Administrator"),
    }


def act_words(words: GNUTranslations) -> dict[Act, str]:
    """Return the acts of the desk, as they stand beside a tick box."""
    _ = words.gettext
    return {
        Act.SEE_DESK: _("See the desk"),
        Act.ASSIST: _("Write down what somebody says"),
        Act.OBSERVE: _("Note observations on site"),
        Act.DISCUSS: _("Comment among staff"),
        Act.ASSIGN: _("Assign proposals"),
        Act.MODERATE: _("Moderate"),
        Act.MERGE: _("Merge proposals"),
        Act.ANSWER: _("Answer officially"),
        Act.MAKE_TOPIC: _("Make topics of hotspots"),
        Act.GIVE_PACK: _("Give packs to design firms"),
        Act.IMPORT: _("Import proposals"),
        Act.PRINT: _("Print posters and cards"),
        Act.LOAD_LAYER: _("Load layers"),
        Act.PUBLISH_LAYER: _("Show layers to everybody"),
        Act.LOAD_COMMUNITIES: _("Load community borders"),
        Act.MAKE_CAMPAIGN: _("Set up campaigns"),
        Act.DRAW_PRIZES: _("Draw prizes"),
        Act.SEE_AUDIT: _("Read the audit trail"),
        Act.MANAGE_ACCOUNTS: _("Manage accounts"),
        Act.MANAGE_OFFICE: _("Say who the office is"),
    }


def place_words(words: GNUTranslations, grant: Grant, names: dict[str, str]) -> str:
    """Return where a role is held. ``names``: of places at hand, by ``place_key``."""
    _ = words.gettext
    if grant.reach is Reach.PLATFORM:
        return _("the whole platform")
    known = names.get(place_key(grant))
    if known:
        return known
    if grant.reach is Reach.SUBDISTRICT:
        return _("subdistrict {code}").format(code=grant.code)
    return _("community {code} ({edition})").format(code=grant.code, edition=grant.edition)


def place_key(grant: Grant) -> str:
    """Return how a form and the names of places call where a role is held."""
    return ":".join(filter(None, (grant.reach, grant.code, grant.edition)))


def provider_sentence(provider: Provider, words: GNUTranslations) -> str:
    """Return what stands on the button of an identity provider."""
    _ = words.gettext
    if provider.key == UNNAMED and not provider.label:
        return _("Sign in with the account of your organisation")
    return _("Sign in with {name}").format(name=provider.label or provider.key)


def sign_in_problems(words: GNUTranslations) -> dict[SignInProblem, str]:
    """Return why nobody is let in."""
    _ = words.gettext
    return {
        SignInProblem.WRONG: _("The login or the password is not right. Please check both."),
        SignInProblem.NO_ROLE: _(
            "Your organisation knows you, but you have no role here. Please ask an administrator."
        ),
        SignInProblem.ISSUER: _(
            "This way to sign in is not set up rightly, so that we let nobody in by it. Please "
            "tell an administrator."
        ),
        SignInProblem.CLOSED: _("This account is closed. Please ask an administrator."),
        SignInProblem.EXPIRED: _("This way in is no longer valid. Please sign in once more."),
        SignInProblem.AWAY: _(
            "The sign-in of your organisation cannot be reached just now. Please try again in a "
            "few minutes."
        ),
    }


def slowed_sentence(error: errors.SlowedError, words: GNUTranslations) -> str:
    """Say how long the next password has to wait."""
    said = words.gettext(
        "Several wrong passwords were typed just now. Please wait {seconds} seconds, then type "
        "your password once more."
    )
    return said.format(seconds=error.params["wait_s"])


def password_problems(words: GNUTranslations) -> dict[PasswordProblem, str]:
    """Return why something may not be a password."""
    _ = words.gettext
    return {
        PasswordProblem.SHORT: _(
            "Please take at least {least} characters. A few words in a row are fine."
        ),
        PasswordProblem.LONG: _("Please take at most {most} characters."),
        PasswordProblem.COMMON: _(
            "This password is among the first that are tried. Please choose another."
        ),
        PasswordProblem.NAME: _("This password is little more than a name. Please choose another."),
        PasswordProblem.TWICE: _("The two passwords differ. Please type the new one twice."),
        PasswordProblem.SAME: _("This is the password you have. Please choose another."),
        PasswordProblem.WRONG: _("Your present password is not right."),
    }


def account_problems(words: GNUTranslations) -> dict[AccountProblem, str]:
    """Return what is wrong with an account, a term of office or a token."""
    _ = words.gettext
    return {
        AccountProblem.LOGIN: _(
            "The login needs 2 to 80 of these: small letters, digits, . _ @ + -"
        ),
        AccountProblem.LOGIN_TAKEN: _("This login is taken. Please choose another."),
        AccountProblem.NAME: _("Please give a name of up to 80 characters."),
        AccountProblem.ROLE: _("Please choose a role."),
        AccountProblem.PLACE: _("Please choose where the role holds."),
        AccountProblem.TERM: _("The end must come after the beginning, and after today."),
        AccountProblem.TERM_NEEDED: _(
            "This role is held for a fixed term. Please say when it ends."
        ),
        AccountProblem.HELD: _("This person holds this role there already."),
        AccountProblem.ACTS: _("Please tick what the token may do."),
        AccountProblem.MANY: _("These are too many tokens. Please revoke one first."),
    }
