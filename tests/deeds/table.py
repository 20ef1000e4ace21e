"""The table of permissions: every action that takes who acts.

Whoever adds an action adds it here: to a list of deeds or looks, or to ``ELSEWHERE`` with why.
"""

from __future__ import annotations

from tests.deeds.governing import ACCOUNTS, CAMPAIGNS, DESK, HOOKS, OFFICE
from tests.deeds.looking import LOOKS as LOOKS
from tests.deeds.moderating import MERGING, MODERATION, TALK
from tests.deeds.packs import PACKS
from tests.deeds.siting import SITING

_DONE = [*MODERATION, *MERGING, *TALK, *CAMPAIGNS, *ACCOUNTS, *OFFICE, *DESK]
DEEDS = [*_DONE, *SITING, *PACKS, *HOOKS]

_RESIDENTS = "from any device: tests of its own room, and tests/people/access/test_permissions.py"
_OWN = "of one's own alone: by device or account"
_CHECKED = "whoever calls has checked"
_PUBLIC = "what anybody may see: test_leaks.py and tests/web/test_outlets.py"
_PACK = "takes a pack that packs.pack_row gave, which is tried"
_LINK = "by a link or an account: tests/packs/test_links.py"
_LAYERS = "role by reach by who sees it: tests/layers/test_uploaded_layers.py"
_TRIED = "asks the same as another that is tried"
#: Actions that are not tried in the table, and why.
ELSEWHERE = {
    "accounts.give_password": _CHECKED,
    "communities.load_communities": "tests/people/access/test_permissions.py",
    "links.accept_terms": _LINK,
    "links.give_link": _PACK,
    "links.link_row": _LINK,
    "links.links_of_account": _OWN,
    "links.log_download": _CHECKED,
    "links.open_row": _LINK,
    "links.revoke_link": _PACK,
    "manage.add_layer": _LAYERS,
    "manage.edit_layer": _LAYERS,
    "manage.remove_layer": _LAYERS,
    "manage.replace_features": _LAYERS,
    "manage.restore_layer": _LAYERS,
    "manage.show_layer": _LAYERS,
    "manage.style_layer": "tests/layers/test_styles.py",
    "outbox.retry": _CHECKED,
    "packs.count_waiting": _TRIED,
    "packs.may_give": "tells, and refuses nothing",
    "places.amounts_offered": "columns that one may read: tests/analysis/scenarios/test_limits.py",
    "queries.layer_seen": _LAYERS,
    "queries.layers_around": _LAYERS,
    "queries.layers_seen": _LAYERS,
    "questions.answer_question": _PACK,
    "questions.ask_question": _LINK,
    "racks.counted_racks": "asks observations, which is tried, and test_racks.py",
    "schemes.decide_scheme": _PACK,
    "schemes.hand_back_layer": _LINK,
    "schemes.hand_back_pdf": _LINK,
    "sources.scenario_source": "asks scenario_named, which is tried",
    "sources.topic_source": "asks topic_named, which is tried",
    "versions.add_version": _PACK,
    "versions.stop_version": _PACK,
    "versions.withdraw_version": _PACK,
    "accounts.store_account": _CHECKED,
    "record.record": "writes down what another action did",
    "reassign_preview.foresee": "test_adoption.py",
    "review.review_of": _CHECKED,
    "review.uploaded_beside": "asks layers_around: tests/layers/test_uploaded_layers.py",
    "role_grants.end_term": _CHECKED,
    "role_grants.gives_all_of": "tells, and refuses nothing",
    "role_grants.manages": "tells, and refuses nothing",
    "role_grants.store_term": _CHECKED,
    "author_edits.edit_proposal": _RESIDENTS,
    "author_edits.withdraw_proposal": _RESIDENTS,
    "redact_photo.blur_photo": "asks blurring.shown_file first, which is tried",
    "bulk_actions.undo": "asks jobs.known_job and moderates each proposal: tests of bulk",
    "lifecycle.set_cover": "asks as edit_campaign, which is tried",
    "change_log.store_change": _CHECKED,
    "comments.comment_on": _RESIDENTS,
    "comments.comments_of": _PUBLIC,
    "comments.withdraw_comment": _OWN,
    "account_list.terms_of": _CHECKED,
    "spam_check.doubt_of": "no permission: what a machine makes of a draft",
    "merged_family.is_author_of_any": "tells, and refuses nothing",
    "filing.file_proposal": _RESIDENTS,
    "follows.follow_by_post": _RESIDENTS,
    "follows.follow_here": _RESIDENTS,
    "follows.followed": _OWN,
    "follows.unfollow_here": _OWN,
    "jobs.start_job": _CHECKED,
    "merge.leave": _CHECKED,
    "my_proposals.count_own": _OWN,
    "my_proposals.own_proposal": _OWN,
    "my_proposals.own_proposals": _OWN,
    "filter_sql.conditions": "tried by selection.ids",
    "notes.read_mentions": _OWN,
    "photos.free_photos": _OWN,
    "notes.unread_mentions": _TRIED,
    "places.choices": "asks layers_around: tests/layers/test_uploaded_layers.py",
    "places.places_of": "asks layers_around: tests/analysis/scenarios/test_scenarios.py",
    "places.uploads_of": "asks layers_around: tests/analysis/scenarios/test_scenarios.py",
    "sent_files.drop_sent_file": _OWN,
    "sent_files.keep_sent_file": "asks as add_layer does: tests/web/desk/layers",
    "sent_files.remember_choices": _OWN,
    "sent_files.sent_file": _OWN,
    "site_observations.observe": "asks observations.keep_observation, which is tried",
    "overview.campaigns_within": "public campaigns, which of them to offer",
    "photos.attach": _CHECKED,
    "photos.check_room": _RESIDENTS,
    "photos.drop_photo": _OWN,
    "photos.keep_photo": _RESIDENTS,
    "photos.take_photo": _RESIDENTS,
    "queries.proposal_for": _PUBLIC,
    "queue.beside": _TRIED,
    "queue.count_waiting": "tried by queue.waiting",
    "audit.record_for": "writes down what another action did",
    "reports.report": _RESIDENTS,
    "visibility.proposal_to": _TRIED,
    "visibility.seen_proposal": _PUBLIC,
    "sessions.end_session": _OWN,
    "sessions.end_sessions": _CHECKED,
    "supports.support_proposal": _RESIDENTS,
    "supports.supported_by": _OWN,
    "supports.unsupport_proposal": _OWN,
    "timeline.timeline": _PUBLIC,
    "api_tokens.make_token": _OWN,
    "api_tokens.revoke_token": _OWN,
    "alerts.ask": _RESIDENTS,
    "alerts.alerts_of_device": _OWN,
    "alerts.stop_here": _OWN,
    "overview.waiting_beyond": "a number, told to whoever moderates a part: test_queue.py",
    "jurisdiction.may_for": "tells, and refuses nothing",
    "jurisdiction.sees": "tells, and refuses nothing",
}
