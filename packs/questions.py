"""What firms ask about a pack, and what the office answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.errors import InvalidError, NotFoundError, WrongStateError
from core.text import clean_text
from packs.letters import PackTemplate, link_params
from packs.links import open_row, write_to
from packs.models import Pack, PackLink, PackQuestion
from people.access.actor import Actor
from people.access.idempotency_key import token_for
from people.audit.record import record

MOST_TEXT, MOST_QUESTIONS = 2_000, 100


@dataclass(frozen=True)
class QuestionView:
    """A question of a firm with its answer; ``answered`` is None until there is one."""

    id: int
    link_id: int
    firm: str
    text: str
    asked: datetime
    answer: str
    by: str
    answered: datetime | None


def ask_question(
    session: Session, actor: Actor, key: str, *, text: str, token: str, now: datetime
) -> int:
    """Ask the office something, as the firm of a link; return the question's id.

    The same sent twice with one ``token`` is asked once. Raises what ``links.open_row`` raises;
    ``EmptyTextError``, ``LongTextError``; ``InvalidError`` for too many.
    """
    link = open_row(session, actor, key, now=now)
    said = clean_text(text, most=MOST_TEXT)
    token = token_for(token, said)
    mine = PackQuestion.link_id == link.id
    before = session.scalar(select(PackQuestion.id).where(mine, PackQuestion.token == token))
    if before is not None:
        return before
    if (session.scalar(select(func.count()).where(mine)) or 0) >= MOST_QUESTIONS:
        raise InvalidError(field="text", reason="too many")
    row = PackQuestion(
        link_id=link.id, token=token, text=said, asked=now, answer="", by="", answered=None
    )
    session.add(row)
    session.flush()
    pack = session.get_one(Pack, link.pack_id)
    told = {"pack": pack.id, "title": pack.title, "firm": link.firm, "question": row.id}
    record(session, actor, "pack_asked", now=now, campaign_id=pack.campaign_id, details=told)
    return row.id


def answer_question(
    session: Session,
    actor: Actor,
    pack: Pack,
    question_id: int,
    *,
    text: str,
    now: datetime,
) -> None:
    """Answer a question about a pack that this person may give; the firm gets a letter.

    Raises ``NotFoundError``; ``WrongStateError`` for one that is answered; ``EmptyTextError``,
    ``LongTextError``.
    """
    row = session.get(PackQuestion, question_id, populate_existing=True)
    link = None if row is None else session.get_one(PackLink, row.link_id)
    if row is None or link is None or link.pack_id != pack.id:
        raise NotFoundError(kind="question", id=question_id)
    if row.answered is not None:
        raise WrongStateError(status="answered", wanted="waiting")
    row.answer = clean_text(text, most=MOST_TEXT)
    row.answered, row.account_id, row.by = now, actor.account_id, actor.name
    session.flush()
    told = {"pack": pack.id, "title": pack.title, "firm": link.firm, "question": row.id}
    record(session, actor, "pack_answered", now=now, campaign_id=pack.campaign_id, details=told)
    params = {**link_params(pack, link), "question": row.text, "answer": row.answer}
    write_to(session, link, PackTemplate.ANSWER, params, key=str(row.id), now=now)


def questions(session: Session, *, pack_id: int = 0, link_id: int = 0) -> list[QuestionView]:
    """Return the questions about a pack, or of one link, the latest first."""
    mine = PackLink.pack_id == pack_id if pack_id else PackLink.id == link_id
    rows = session.execute(
        select(PackQuestion, PackLink.firm)
        .join(PackLink, PackLink.id == PackQuestion.link_id)
        .where(mine)
        .order_by(PackQuestion.id.desc())
    )
    return [
        QuestionView(
            row.id, row.link_id, firm, row.text, row.asked, row.answer, row.by, row.answered
        )
        for row, firm in rows
    ]
