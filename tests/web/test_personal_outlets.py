"""Nothing that the finder marks is in any public outlet before somebody has looked at it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from core.database import Database
from people.access.actor import Actor
from submissions.participation.personal_words import without_personal
from submissions.participation.pii import find_personal
from submissions.proposals.states import EntryChannel
from tests.conftest import make_campaign
from tests.examples import examples
from tests.submissions.acting import MODERATOR, file, moderate
from tests.web.browsing import Browser
from tests.web.test_leaks import LISTS, SINGLE

LABEL = {"zh_CN": "还有什么?", "en": "What else?"}
ASKED = [{"key": "more", "kind": "long_text", "label": LABEL}]
#: What belongs to a photo, a topic or a scenario has none of these.
NOT_THEIRS = ("/desk", "{photo}", "{topic}", "{scenario}")
PUBLIC = [one for one in (*LISTS, *SINGLE) if not any(part in one for part in NOT_THEIRS)]
DIGITS = st.text("0123456789", min_size=8, max_size=8)
NAMES = st.sampled_from(["王建国", "欧阳娜娜", "郭小红", "张三", "李四"])
PLANTED = st.one_of(
    DIGITS.map(lambda tail: f"手机13{tail}9"),
    DIGITS.map(lambda tail: f"电话１３{tail}9"),
    NAMES.map(lambda name: f"我叫{name}"),
    NAMES.filter(lambda name: len(name) == 3).map(lambda name: f"有事找{name}。"),
    st.sampled_from(["京A12345", "住3号楼502", "wx号 liming_88", "li@mail.example.com"]),
    st.just("身份证11010519491231002X"),
)
AROUND = st.text("这里的自行车停不下,，。 \n\u200b", max_size=8)
WORDS = st.tuples(AROUND, PLANTED, AROUND).map("".join)
DOORS = ("text", "answer", "why_another", "paper")


def filed_at(door: str, words: str, file_it: Callable[..., str], device: str) -> str:
    """File the words through one of the doors and return the public id."""
    if door == "text":
        return file_it(Actor(device), text=words)
    if door == "answer":
        return file_it(Actor(device), text=device, answers={"more": words})
    if door == "why_another":
        return file_it(Actor(device), text=device, why_another=words)
    desk = Actor(device, MODERATOR.grants)
    return file_it(desk, text=words, entry=EntryChannel.PAPER)


@settings(
    max_examples=examples(6),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(WORDS, min_size=4, max_size=4))
def test_what_looks_personal_is_nowhere_before_a_look(
    database: Database, open_browser: Callable[..., Browser], texts: list[str]
) -> None:
    campaign = make_campaign(database, slug=f"c{uuid4().hex}", questions=ASKED)
    marks = [
        f"记号{uuid4().hex.translate(str.maketrans('0123456789', 'ghijklmnop'))}" for _ in "12345"
    ]
    said = [f"{mark} {words}" for mark, words in zip(marks, texts, strict=False)]
    assume(all(map(find_personal, said)) and not find_personal(marks[-1]))

    def file_it(who: Actor, **words: object) -> str:
        return file(database, campaign, who, **words).public_id

    ids = [
        filed_at(door, words, file_it, f"device of {mark}")
        for door, words, mark in zip(DOORS, said, marks, strict=False)
    ]
    clean = file_it(Actor("clean"), text=marks[-1])
    shown = _shown(open_browser(), campaign.slug, [*ids, clean])
    assert marks[-1] in shown  # else the pages would pass whatever is filed
    assert not [mark for mark in marks[:-1] if mark in shown]
    moderate(database, ids[0], "published")
    assert marks[0] in _shown(open_browser(), campaign.slug, ids[:1])


def _shown(browser: Browser, slug: str, ids: list[str]) -> str:
    """Return all that a stranger gets of these anywhere."""
    bodies = []
    for address in PUBLIC:
        for one in ids if "{id}" in address else ids[:1]:
            browser.open(address.format(slug=slug, id=one))
            bodies.append(browser.body)
    return "\n".join(bodies)


@given(st.lists(WORDS, max_size=3).map("".join))
def test_what_is_taken_out_leaves_nothing_that_is_marked(text: str) -> None:
    left = without_personal(text)
    assert find_personal(left) == []
    if not find_personal(text):
        assert left in (text, "")
