"""Opening Streamlit's pages without a browser, and what is on them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime

from streamlit.testing.v1 import AppTest

from core.database import Database
from people.access.actor import Actor
from submissions.participation.filing import file_proposal
from submissions.participation.proposal_draft import DraftProposal
from submissions.proposals.queries import CampaignView
from tests.conftest import NOW

OpenApp = Callable[..., AppTest]
SECRET = "这句话只有作者看得到"


def filed(
    database: Database,
    campaign: CampaignView,
    text: str = SECRET,
    device: str = "d" * 40,
    *,
    now: datetime = NOW,
    longitude: float = 116.31,
) -> tuple[str, str]:
    """File a proposal; return its public id and its receipt."""
    draft = DraftProposal(
        client_token=uuid.uuid4().hex,
        longitude=longitude,
        latitude=40.03,
        category="bike_parking",
        text=text,
        relation="lives",
    )
    receipt = database.write(
        lambda s: file_proposal(s, Actor(device=device), campaign.id, draft, now=now)
    )
    return receipt.public_id, receipt.code


def words_on(app: AppTest) -> str:
    kinds = ("title", "subheader", "markdown", "caption", "info", "warning", "error", "success")
    return "\n".join(str(e.value) for kind in kinds for e in getattr(app, kind))
