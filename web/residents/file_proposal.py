"""Taking what the form sends: a script asks for JSON, a browser without one gets a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.datastructures import UploadFile

from core import errors
from core.text import storable
from layers.gazetteer import gazetteer
from people.access.permissions import Act
from people.access.rate_limit import LimitKind
from serving import attempts
from serving.errors import status_of
from serving.guards import DEVICE, for_staff, kept_by
from serving.parameters import Slug
from serving.visit import Reader, Visit, now, visit
from serving.write_turns import in_turn
from submissions.participation import photos, proposal_draft
from submissions.participation.filing import Receipt, check_draft, file_proposal
from submissions.participation.personal_words import PersonalWordsError
from submissions.photos.sanitise import MOST_BYTES
from submissions.proposals.queries import CampaignView
from submissions.proposals.receipt_codes import format_receipt
from web.residents import form_problems, proposal_form
from web.residents.assisted_filing import assist_page, staff_campaign
from web.residents.campaign_page import campaign_named, campaign_page
from web.residents.form_problems import FormProblem
from web.residents.proposal_form import Filled
from wording import error_messages, form_fields
from wording.personal_words import asked_of

router = APIRouter()
MOST_CANDIDATES, MOST_FILES, MOST_NAME = 5, 40, 40


async def _form_again(request: Request, error: errors.LuJianError) -> Response:
    """Show the form as it was filled in, but for photos that stood in it."""
    filled, _pictures = await sent_form(request)
    return await to_thread.run_sync(_shown_again, request, filled, error)


def _shown_again(request: Request, filled: Filled, error: errors.LuJianError) -> Response:
    here = visit(request)
    campaign = campaign_named(here, request.path_params["slug"])
    return _refused(here, campaign, filled, error, request.url.path.endswith("/assist"))


@router.post("/c/{slug}/say", dependencies=[DEVICE])
@kept_by(_form_again)
async def say(here: Reader, request: Request, slug: Slug) -> Response:
    """File what a resident placed and said."""
    return await _in_thread(here, slug, await sent_form(request), staff=False)


@router.post("/c/{slug}/assist", dependencies=[for_staff(Act.ASSIST)])
@kept_by(_form_again)
async def assist(here: Reader, request: Request, slug: Slug) -> Response:
    """File what staff write down for somebody."""
    staff_campaign(here, slug, Act.ASSIST)
    return await _in_thread(here, slug, await sent_form(request), staff=True)


@dataclass(frozen=True)
class SentPhoto:
    """A photo that stood in the form itself: its name on the sender's device, its bytes."""

    name: str
    data: bytes


Held = tuple[Filled, list[SentPhoto]]


async def _in_thread(here: Visit, slug: str, held: Held, *, staff: bool) -> Response:
    """File in a thread; with photos in it, among the few at a time that clean photos."""
    limiter = here.room.cleaning if held[1] else here.room.writing
    return await in_turn(limiter, _take, here, slug, held, staff)


async def sent_form(request: Request) -> Held:
    """Return the form's fields and the photos that a browser without a script put into it.

    Many more photos than are taken are read, so that nothing typed is lost with them. Raises
    ``InvalidError`` for what is no form.
    """
    try:
        async with request.form(max_files=MOST_FILES, max_fields=300) as sent:
            pictures = [
                file for file in sent.getlist("photo") if isinstance(file, UploadFile) and file.size
            ]
            held = [
                SentPhoto(_shown_name(file.filename), await file.read(MOST_BYTES + 1))
                for file in pictures
            ]
            return proposal_form.read(sent), held
    except UnicodeError as error:  # the body names its own encoding
        raise errors.InvalidError(field="form") from error


def _shown_name(name: str | None) -> str:
    """Return the name of a file as its sender knows it, short enough for a sentence."""
    plain = storable(name or "").strip()
    return plain if len(plain) <= MOST_NAME else f"{plain[: MOST_NAME - 1]}…"


def _take(here: Visit, slug: str, held: Held, staff: bool) -> Response:
    filled, pictures = held
    campaign = campaign_named(here, slug)
    try:
        refused = _take_pictures(here, campaign, filled, pictures)
        candidates = _candidates(here, campaign, filled)
        if refused or candidates:
            return _before_filing(here, campaign, filled, refused, candidates, staff)
        receipt = _file(here, campaign, filled, staff)
    except errors.ProofNeededError as needed:
        return JSONResponse({"challenge": needed.params["challenge"]})
    except PersonalWordsError as found:
        return _ask_personal(here, campaign, filled, found, staff)
    except errors.LuJianError as error:
        return _refused(here, campaign, filled, error, staff)
    return _accepted(here, campaign, receipt, staff)


def _file(here: Visit, campaign: CampaignView, filled: Filled, staff: bool) -> Receipt:
    """File the draft within this device's rate; a proof is asked of scripts under load."""
    room, moment = here.room, now()
    proposal_form.take_out_personal(filled, campaign)
    with attempts.attempt(here, LimitKind.FILE, free=staff):
        proven = None if staff else attempts.proven(here, filled.proof, moment)
        draft = proposal_form.draft_of(
            filled, campaign, language=here.lang, staff=staff, proven=proven
        )
        receipt = here.write(
            file_proposal,
            campaign.id,
            draft,
            sealer=room.sealer,
            channels=room.channels,
            base_url=room.settings.public_url.rstrip("/"),
            now=moment,
        )
    room.proofs.accepted(LimitKind.FILE, now=moment)
    return receipt


def _take_pictures(
    here: Visit, campaign: CampaignView, filled: Filled, pictures: list[SentPhoto]
) -> list[str]:
    """Keep photos sent with the form itself; their names stay in the form if it is refused.

    Returns a sentence for each that could not be kept, so that it is not left out unsaid.
    """
    refused: dict[str, list[str]] = {}
    for picture in pictures:
        try:
            if len(filled.photo_names) >= campaign.max_photos:
                raise errors.BadPhotoError(
                    problem=errors.PhotoProblem.TOO_MANY, most=campaign.max_photos
                )
            name = _kept(here, picture.data)
        except (errors.BadPhotoError, errors.TooOftenError) as error:
            said = error_messages.sentence_of(error, here.words)
            refused.setdefault(said, []).append(picture.name)
            continue
        filled.values["photos"] = ",".join([*filled.photo_names, name])
    return [form_fields.photos_refused(here.words, names, why) for why, names in refused.items()]


def _kept(here: Visit, data: bytes) -> str:
    with attempts.attempt(here, LimitKind.PHOTO):
        name, _picture = photos.take_photo(
            here.room.database, here.room.photos, here.actor, data, now=now()
        )
    return name


def _before_filing(
    here: Visit,
    campaign: CampaignView,
    filled: Filled,
    refused: list[str],
    candidates: list[dict[str, Any]],
    staff: bool,
) -> Response:
    """Ask which place is meant, say which photos could not be taken, and all else that is wrong.

    Nothing has been filed.
    """
    own = {}
    if candidates:
        own["place"] = here.words.gettext("Please choose the place, then send once more.")
    if refused:
        own["photo"] = " ".join([*refused, form_fields.after_refused_photos(here.words)])
    told = [FormProblem(part, said, errors.InvalidError.code) for part, said in own.items()]
    told += [one for one in _other_problems(here, campaign, filled, staff) if one.field not in own]
    told = form_problems.in_order(campaign, told)
    if here.wants_json:
        return JSONResponse(form_problems.as_json(told) | {"photos": filled.values["photos"]})
    return _page(here, campaign, filled, told, 422, staff, candidates)


def _other_problems(
    here: Visit, campaign: CampaignView, filled: Filled, staff: bool
) -> list[FormProblem]:
    """Return what filing would refuse in the place and the words."""
    draft = proposal_form.draft_of(filled, campaign, language=here.lang, staff=staff, proven=None)
    try:
        check_draft(campaign, draft)
    except errors.InvalidError as error:
        return form_problems.problems_of(here, campaign, filled, error)
    return []


def _page(
    here: Visit,
    campaign: CampaignView,
    filled: Filled,
    problems: list[FormProblem],
    status: int,
    staff: bool,
    candidates: list[dict[str, Any]] | None = None,
) -> Response:
    page = assist_page if staff else campaign_page
    told = form_problems.by_part(problems)
    return page(here, campaign, filled, status=status, problems=told, candidates=candidates)


def _candidates(here: Visit, campaign: CampaignView, filled: Filled) -> list[dict[str, Any]]:
    """Look up a typed place for whoever has no script; one clear hit is taken at once."""
    typed = filled.values["place"].strip()
    if filled.is_placed or not typed or here.wants_json:
        return []
    with here.room.database.reading() as session:
        index = gazetteer.places_of(
            session, campaign.edition, campaign.area, subdistrict=campaign.subdistrict
        )
    found = []
    for hit in index.search(typed, most=MOST_CANDIDATES):
        try:
            proposal_draft.check_place(campaign.area, hit.place.longitude, hit.place.latitude)
        except errors.InvalidError:
            continue
        found.append(attempts.candidate(here, hit.place))
    return found


def _refused(
    here: Visit, campaign: CampaignView, filled: Filled, error: errors.LuJianError, staff: bool
) -> Response:
    problems = form_problems.problems_of(here, campaign, filled, error)
    told = form_problems.as_json(problems)
    if isinstance(error, errors.TooOftenError):  # whoever sends by itself waits as long
        told["wait_s"] = error.params["wait_s"]
    if isinstance(error, errors.BadPhotoError):  # what is gone leaves the form, or it never passes
        with here.room.database.reading() as session:
            left = photos.free_photos(session, here.actor, filled.photo_names)
        filled.values["photos"] = ",".join(left)
        told["photos"] = filled.values["photos"]
    if here.wants_json:  # an answer that the script shows; browsers log other statuses as faults
        away = isinstance(error, errors.UnavailableError)
        return JSONResponse(told, status_of(error) if away else 200)
    return _page(here, campaign, filled, problems, status_of(error), staff)


def _ask_personal(
    here: Visit, campaign: CampaignView, filled: Filled, found: PersonalWordsError, staff: bool
) -> Response:
    """Show what looks personal and ask what is to become of it; nothing has been filed."""
    filled.personal = found.params["parts"]
    if here.wants_json:
        return JSONResponse(asked_of(found, here.words))
    page = assist_page if staff else campaign_page
    return page(here, campaign, filled, status=status_of(found))


def _accepted(here: Visit, campaign: CampaignView, receipt: Receipt, staff: bool) -> Response:
    code = format_receipt(receipt.code)
    address = f"/w/c/{campaign.slug}/assist?filed={code}" if staff else f"/w/r/{code}?fresh=1"
    if here.wants_json:
        told = {"receipt": code, "id": receipt.public_id, "address": address}
        return JSONResponse(told | {"status": receipt.status, "repeated": receipt.repeated})
    return RedirectResponse(address, status_code=303)
