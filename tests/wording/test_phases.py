"""What a campaign is at, in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from core.language import translations
from submissions.proposals.queries import CampaignView
from tests.conftest import NOW
from wording.phases import OPEN_ENDED, told_phase


def test_an_end_decades_away_is_none_to_tell(campaign: CampaignView) -> None:
    for lang, said in (("zh_CN", "长期开放。"), ("en", "It is open with no end date.")):
        for beyond, endless in ((timedelta(days=1), True), (-timedelta(days=1), False)):
            end = campaign.opens_at + OPEN_ENDED + beyond
            told = told_phase(translations(lang), lang, replace(campaign, closes_at=end), NOW)
            assert (told["next"] == said) == endless
