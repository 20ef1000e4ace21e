"""Training the reader of themes anew, when there are corrections or the themes were edited.

A reader is a function of the taxonomy, the sentences that come with the program, and the
corrections: each process makes its own, and nothing of it is read from a file that somebody could
have written. The table of models says which one is in force, when and from what it was made, and
how well it does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from analysis.models import ThemeLabel, ThemeModel
from analysis.text.near_copies import near_copies
from analysis.themes.labelled_texts import Example, data_version, written_examples
from analysis.themes.taxonomy import Taxonomy
from analysis.themes.theme_index import behind, catch_up, labels_in_force, text_digest
from analysis.themes.theme_reader import Score, ThemeFigures, ThemeReader, Way, train
from core.batches import in_parts
from core.database import Database
from submissions.proposals.models import Proposal
from submissions.proposals.states import Status

#: A correction is learned from once nobody has made another for so long.
QUIET_FOR = timedelta(minutes=2)


@dataclass(frozen=True)
class ModelView:
    """A model in words and figures; see ``analysis.models.ThemeModel``."""

    id: int
    digest: str
    taxonomy_version: str
    data_version: str
    written: int
    corrections: int
    last_label_id: int
    trained: datetime
    figures: tuple[ThemeFigures, ...]


class ThemeTrainer:
    """Keeps the reader of one process in step with what was corrected; for one thread."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self.taxonomy = taxonomy
        self._reader: ThemeReader | None = None

    @property
    def _digest(self) -> str:
        return "" if self._reader is None else self._reader.digest

    def round(self, database: Database, now: datetime, *, at_once: bool = False) -> int:
        """Train where that is due, then read what is new; return how much is left to be read.

        A process that finds everything read, by a model in force, makes no reader.
        """
        with database.reading() as session:
            known = current_model(session)
            due = known is None or _due(session, self.taxonomy, known, now, at_once=at_once)
        if known is not None and not due and not behind(database, known.id):
            return 0
        model = self.in_force(database, now, at_once=at_once)
        assert self._reader is not None
        return catch_up(database, self._reader, model.id)

    def in_force(self, database: Database, now: datetime, *, at_once: bool = False) -> ModelView:
        """Return the model in force, with this process's reader made as it was.

        ``at_once``: what was corrected is not waited for to come to rest.
        """
        with database.reading() as session:
            model = current_model(session)
            due = model is None or _due(session, self.taxonomy, model, now, at_once=at_once)
            if model is not None and not due and self._digest == model.digest:
                return model
            examples, last = examples_of(session)
        self._reader = train(self.taxonomy, examples)
        if (
            model is not None
            and model.digest == self._reader.digest
            and model.last_label_id == last
        ):
            return model
        corrections = sum(one.about is not None for one in examples)
        return database.write(
            lambda s: _keep(s, self.taxonomy, self._reader, examples, corrections, last, now)
        )


def _due(
    session: Session, taxonomy: Taxonomy, model: ModelView, now: datetime, *, at_once: bool
) -> bool:
    if not model.digest.startswith(taxonomy.digest):
        return True
    newer = select(func.max(ThemeLabel.at)).where(ThemeLabel.id > model.last_label_id)
    latest = session.scalar(newer)
    return latest is not None and (at_once or latest <= now - QUIET_FOR)


def current_model(session: Session) -> ModelView | None:
    """Return the model in force; None before the first was trained."""
    row = session.scalars(select(ThemeModel).order_by(ThemeModel.id.desc()).limit(1)).one_or_none()
    return None if row is None else _view(row)


def unused_corrections(session: Session, model: ModelView | None) -> int:
    """Return how many corrections the model in force has not learned from."""
    seen = 0 if model is None else model.last_label_id
    return session.scalar(select(func.count()).where(ThemeLabel.id > seen)) or 0


def _view(row: ThemeModel) -> ModelView:
    return ModelView(
        row.id,
        row.digest,
        row.taxonomy_version,
        row.data_version,
        row.written,
        row.corrections,
        row.last_label_id,
        row.trained,
        tuple(_figures(one) for one in row.figures),
    )


def _figures(raw: dict[str, Any]) -> ThemeFigures:
    scores = {key: Score(**raw[key]) for key in ("rules", "classifier", "both")}
    return ThemeFigures(**{**raw, **scores, "way": Way(raw["way"])})


def _keep(
    session: Session,
    taxonomy: Taxonomy,
    reader: ThemeReader | None,
    examples: Sequence[Example],
    corrections: int,
    last: int,
    now: datetime,
) -> ModelView:
    assert reader is not None
    row = ThemeModel(
        digest=reader.digest,
        taxonomy_version=taxonomy.version,
        data_version=data_version(),
        written=len(examples) - corrections,
        corrections=corrections,
        last_label_id=last,
        figures=[asdict(one) for one in reader.figures],
        trained=now,
    )
    session.add(row)
    session.flush()
    return _view(row)


def examples_of(session: Session) -> tuple[list[Example], int]:
    """Return all that is learned from, and the last correction that is among it.

    Of what people corrected only texts that are public now, as they are now.
    """
    written = written_examples()
    last = session.scalar(select(func.max(ThemeLabel.id))) or 0
    return [*written, *_corrected(session)], last


def _corrected(session: Session) -> list[Example]:
    ids = session.scalars(select(ThemeLabel.proposal_id).distinct()).all()
    rows: list[Any] = []
    for part in in_parts(sorted(ids)):
        shown = Proposal.id.in_(part), Proposal.status == str(Status.PUBLISHED)
        columns = Proposal.id, Proposal.text, Proposal.author_key
        rows += session.execute(select(*columns).where(*shown).order_by(Proposal.id)).all()
    digests = {row.id: text_digest(row.text) for row in rows}
    said: dict[int, dict[str, bool]] = {}
    for number, theme, present in labels_in_force(session, digests):
        said.setdefault(number, {})[theme] = present
    known = [row for row in rows if row.id in said]
    groups = grouped([row.text for row in known], [row.author_key for row in known])
    return [
        Example(
            row.text,
            group,
            frozenset(theme for theme, present in said[row.id].items() if present),
            about=frozenset(said[row.id]),
        )
        for row, group in zip(known, groups, strict=True)
    ]


def grouped(texts: Sequence[str], authors: Sequence[str | None]) -> list[str]:
    """Return a group for each text: the same for those of one author, and for near-copies."""
    parent = list(range(len(texts)))

    def root(place: int) -> int:
        while parent[place] != place:
            place = parent[place]
        return place

    first: dict[str, int] = {}
    pairs = [(first.setdefault(who, n), n) for n, who in enumerate(authors) if who]
    pairs += [(copies.places[0], other) for copies in near_copies(texts) for other in copies.places]
    for one, other in pairs:
        low, high = sorted((root(one), root(other)))
        parent[high] = low
    return [f"c{root(n)}" for n in range(len(texts))]
