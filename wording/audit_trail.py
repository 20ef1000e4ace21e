"""The audit trail in plain words: what each action is, who did it, from what to what."""

from __future__ import annotations

from collections.abc import Mapping
from gettext import GNUTranslations
from typing import Any

from core.language import language_of
from people.access.actor import Reach
from people.audit.hash_chain import ChainFault, Fault
from people.audit.query import ActorKind, AuditEntryView
from submissions.proposals.states import PhotoStatus
from wording.accounts import role_words
from wording.formatting import enumerated
from wording.proposal_status import stage_words, status_words

#: Followed from a link in a letter: no device of its own.
_BY_LETTER = frozenset({"follow_confirmed", "follow_ended"})
#: What has a place of its own in the list.
_TOLD = frozenset({"from", "to", "was", "reason"})


def action_words(words: GNUTranslations) -> dict[str, str]:
    """Return what each action is called, in the order in which a list offers them."""
    of_proposals = _of_proposals(words) | _of_sorting(words) | _of_talk(words)
    return of_proposals | _of_campaigns(words) | _of_people(words)


def action_groups(words: GNUTranslations) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the actions under what they are about, as a list offers them."""
    _ = words.gettext
    groups = (
        (_("Proposals and photos"), _of_proposals(words)),
        (_("Duplicates, notes and tasks"), _of_sorting(words)),
        (_("Support, comments and letters"), _of_talk(words)),
        (_("Campaigns, draws and layers"), _of_campaigns(words)),
        (_("Accounts and signing in"), _of_people(words)),
    )
    return [(title, list(names.items())) for title, names in groups]


def said(words: GNUTranslations, action: str) -> str:
    """Return an action in words; one that this version does not know by its name."""
    return action_words(words).get(action, action)


def who_words(words: GNUTranslations, entry: AuditEntryView) -> str:
    """Return who did it: an account's name, or in general what it was; never which device."""
    _ = words.gettext
    if entry.kind is ActorKind.ACCOUNT:
        return entry.name or entry.login
    if entry.action in _BY_LETTER:
        return _("a link in a letter")
    return kind_words(words)[entry.kind]


def kind_words(words: GNUTranslations) -> dict[ActorKind, str]:
    """Return who may have done something, in general."""
    _ = words.gettext
    return {
        ActorKind.ACCOUNT: _("somebody with an account"),
        ActorKind.DEVICE: _("a resident's device"),
        ActorKind.SERVER: _("the server"),
    }


def value_words(words: GNUTranslations, value: Any) -> str:
    """Return what something was or is; empty for nothing."""
    if value is None or value == "":
        return ""
    if isinstance(value, Mapping):
        parts = [f"{name}: {value_words(words, one) or '—'}" for name, one in value.items()]
        return "; ".join(parts)
    if isinstance(value, list):
        told = (value_words(words, one) for one in value)
        return enumerated(told, language_of(words))
    return _state_words(words).get(str(value), str(value))


def more_words(words: GNUTranslations, entry: AuditEntryView) -> list[tuple[str, str]]:
    """Return the rest of the details, name by name; a name without words stands as it is."""
    names = detail_words(words)
    rest = {name: value for name, value in entry.details.items() if name not in _TOLD}
    told = [(names.get(name, name), value_words(words, value)) for name, value in rest.items()]
    return [(name, value) for name, value in told if value]


def detail_words(words: GNUTranslations) -> dict[str, str]:
    """Return what the details of entries are called."""
    _ = words.gettext
    return {
        "account": _("Account (number)"),
        "role": _("Role"),
        "reach": _("Where"),
        "code": _("Code of the place"),
        "edition": _("Edition of the communities"),
        "starts_at": _("From"),
        "ends_at": _("To"),
        "origin": _("Given by"),
        "by": _("In whose name"),
        "how": _("How"),
        "name": _("Name"),
        "slug": _("Address"),
        "stage": _("What the office did"),
        "reply": _("Reply"),
        "photo": _("Photo"),
        "photos": _("Photos"),
        "comment": _("Comment"),
        "report": _("Report"),
        "text": _("Text"),
        "due": _("Until"),
        "imported": _("Imported"),
        "held": _("Held"),
        "refused": _("Refused"),
        "import_key": _("Mark of the import"),
        "communities": _("Communities"),
        "source": _("Source"),
        "proposals": _("Proposals"),
        "total": _("All together"),
        "asked": _("What was looked for"),
        "kind": _("Kind"),
        "query": _("Which proposals"),
        "params": _("What is done to them"),
        "seal": _("Seal"),
        "digest": _("Digest"),
    }


def finding_words(words: GNUTranslations, finding: ChainFault) -> str:
    """Say what was found to be wrong with the trail."""
    _ = words.gettext
    sentences = {
        Fault.ENTRY_ALTERED: _("Entry {n} was altered after it was written."),
        Fault.ENTRY_REMOVED: _("Entry {n} was removed."),
        Fault.ENTRY_PUT_IN: _("Entry {n} was put in afterwards."),
        Fault.SEAL_ALTERED: _("Seal {n} was altered, or all entries under it were."),
        Fault.SEAL_REMOVED: _("Seal {n} was removed."),
        Fault.DIGEST_MISSING: _("No seal has the expected digest: the end of the trail was cut."),
    }
    return sentences[finding.fault].format(n=finding.number)


def _state_words(words: GNUTranslations) -> dict[str, str]:
    known: dict[Any, str] = {
        **status_words(words),
        PhotoStatus.WAITING: words.gettext("Not looked at yet"),
        **stage_words(words),
        **role_words(words),
        **_reach_words(words),
    }
    return {str(key): name for key, name in known.items()}


def _reach_words(words: GNUTranslations) -> dict[str, str]:
    _ = words.gettext
    return {
        Reach.PLATFORM: _("The whole platform"),
        Reach.SUBDISTRICT: _("A subdistrict"),
        Reach.COMMUNITY: _("A community"),
        "desk": _("at the desk"),
        "claim": _("the organisation's sign-in"),
        "password": _("by password"),
        "receipt_code": _("by the code of the proposal"),
    }


def _of_proposals(words: GNUTranslations) -> dict[str, str]:
    _ = words.gettext
    return {
        "filed": _("Filed a proposal"),
        "edited": _("Changed their own proposal"),
        "withdrawn": _("Took back their own proposal"),
        "status_changed": _("Changed the state of a proposal"),
        "text_edited": _("Edited the text of a proposal"),
        "looked_at": _("Looked at a proposal that was shown at once"),
        "text_redacted": _("Took personal data out of a proposal"),
        "recategorised": _("Put a proposal into another category"),
        "answers_changed": _("Changed the answers of a proposal"),
        "pin_moved": _("Moved the pin of a proposal"),
        "photo_kept": _("Sent a photo"),
        "photo_dropped": _("Took a photo out again"),
        "photo_status_changed": _("Showed or hid a photo"),
        "photo_blurred": _("Blurred a part of a photo"),
        "photos_swept": _("Removed photos that were never filed"),
        "step_told": _("Told what the office did about a proposal"),
    }


def _of_sorting(words: GNUTranslations) -> dict[str, str]:
    _ = words.gettext
    return {
        "joined": _("Joined others with a proposal"),
        "merged": _("Merged a proposal into another"),
        "parted": _("Let go what was joined with a proposal"),
        "unmerged": _("Made a merged proposal one of its own again"),
        "part_left": _("A part left a merged proposal"),
        "duplicate_dismissed": _("Said that two proposals are no duplicates"),
        "doubt_dismissed": _("Said that a doubtful place is right"),
        "noted": _("Wrote a note to colleagues"),
        "assigned": _("Gave a proposal to a colleague"),
        "assignment_done": _("Said that an assignment is done"),
    }


def _of_talk(words: GNUTranslations) -> dict[str, str]:
    _ = words.gettext
    return {
        "supported": _("Supported a proposal"),
        "unsupported": _("Took back a support"),
        "commented": _("Commented on a proposal"),
        "comment_withdrawn": _("Took back their own comment"),
        "comment_status_changed": _("Showed or hid a comment"),
        "reported": _("Reported something improper"),
        "report_settled": _("Settled a report"),
        "followed": _("Began to follow a proposal"),
        "unfollowed": _("Stopped following a proposal"),
        "follow_requested": _("Asked for letters about a proposal"),
        "follow_confirmed": _("Confirmed that letters are wanted"),
        "follow_ended": _("Ended the letters about a proposal"),
        "alert_requested": _("Asked for letters about an area"),
        "alert_confirmed": _("Confirmed that letters about an area are wanted"),
        "alert_ended": _("Ended the letters about an area"),
        "message_retried": _("Sent a letter once more"),
        "contact_forgotten": _("Erased an address at its owner's wish"),
        "template_created": _("Made a template for answers"),
        "template_changed": _("Changed a template for answers"),
        "template_removed": _("Removed a template for answers"),
    }


def _of_campaigns(words: GNUTranslations) -> dict[str, str]:
    _ = words.gettext
    return {
        "campaign_created": _("Set up a campaign"),
        "campaign_edited": _("Edited a campaign"),
        "campaign_scheduled": _("Let a campaign open at its dates"),
        "campaign_unscheduled": _("Made a campaign a draft again"),
        "campaign_opened": _("Opened a campaign"),
        "campaign_closed": _("Closed a campaign"),
        "campaign_archived": _("Archived a campaign"),
        "campaign_restored": _("Took a campaign out of the archive"),
        "draw_committed": _("Fixed who takes part in a prize draw"),
        "prizes_drawn": _("Drew the prizes"),
        "draw_voided": _("Declared a prize draw void"),
        "observed": _("Noted what was seen at a place"),
        "observation_removed": _("Removed a note of what was seen at a place"),
        "topic_made": _("Made a hotspot or a scenario a topic"),
        "scenario_saved": _("Saved a scenario of where something should be built"),
        "scenario_commented": _("Said something about a scenario"),
        "scenario_archived": _("Put a scenario away"),
        "base_map_changed": _("Chose the base map"),
        "webhook_added": _("Added a hook for another program"),
        "webhook_tried": _("Tried a hook"),
        "webhook_paused": _("Paused a hook"),
        "webhook_resumed": _("Let a hook run again"),
        "webhook_rotated": _("Gave a hook another secret"),
        "webhook_removed": _("Removed a hook"),
        "webhook_stopped": _("Stopped a hook that did not answer"),
        "pack_made": _("Made a pack for design firms"),
        "pack_version_ordered": _("Ordered a version of a pack"),
        "pack_version_stopped": _("Stopped a version of a pack"),
        "pack_version_withdrawn": _("Withdrew a version of a pack"),
        "pack_given": _("Gave a pack to a firm"),
        "pack_taken_back": _("Took the link to a pack back"),
        "pack_terms_accepted": _("Accepted the terms of a pack"),
        "pack_taken": _("Downloaded a pack"),
        "pack_asked": _("Asked something about a pack"),
        "pack_answered": _("Answered a question about a pack"),
        "scheme_sent": _("Handed a scheme back"),
        "scheme_accepted": _("Accepted a scheme"),
        "scheme_rejected": _("Did not accept a scheme"),
        "view_saved": _("Saved a view of the map"),
        "view_renamed": _("Gave a saved view of the map another name"),
        "view_removed": _("Removed a saved view of the map"),
        "theme_corrected": _("Corrected a theme of a proposal"),
        "population_stated": _("Stated the residents by the answers to a question"),
        "imported": _("Imported proposals into a campaign"),
        "job_started": _("Started an action on many proposals"),
        "job_done": _("An action on many proposals was done"),
        "job_cancelled": _("Cancelled an action on many proposals"),
        "proposals_exported": _("Took away a file of proposals with their states"),
        "reassigned": _("Gave all proposals of a campaign their communities anew"),
        "layer_loaded": _("Loaded a layer"),
        "layer_edited": _("Edited a layer"),
        "layer_replaced": _("Put a newer file in the place of a layer"),
        "layer_styled": _("Changed how a layer is drawn"),
        "layer_shown": _("Changed who sees a layer"),
        "layer_removed": _("Removed a layer"),
        "layer_restored": _("Brought a layer back"),
        "communities_loaded": _("Loaded the communities of an edition"),
        "demo_loaded": _("Loaded a demo campaign"),
        "demo_reset": _("Reset the demo campaigns"),
    }


def _of_people(words: GNUTranslations) -> dict[str, str]:
    _ = words.gettext
    return {
        "signed_in": _("Signed in"),
        "signed_out": _("Signed out"),
        "account_created": _("Made an account"),
        "account_renamed": _("Renamed an account"),
        "account_closed": _("Closed an account"),
        "account_reopened": _("Opened a closed account again"),
        "password_reset": _("Gave an account a new password"),
        "password_changed": _("Changed their own password"),
        "appointed": _("Gave a role to an account"),
        "appointment_ended": _("Ended a role of an account"),
        "token_made": _("Made an API token"),
        "token_revoked": _("Revoked an API token"),
        "office_changed": _("Changed what is said of the office"),
        "trail_exported": _("Exported the audit trail"),
    }
