"""What reads the themes of texts: rules, and for each theme a classifier where it is better.

The classifier: TF-IDF of characters and pairs of neighbouring characters, and a linear support
vector machine for each theme against the rest (scikit-learn). Whether it is used is decided for
each theme by grouped cross-validation: no author and no template is both learned from and judged
by. Confidence is calibrated on the same left-out texts: by a sigmoid (Platt 1999) of the
classifier's score; of a rule it is the share of its hits that were right. The same examples give
the same reader; nothing of it is kept in a file. No database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.themes.labelled_texts import Example, digest_of
from analysis.themes.taxonomy import Taxonomy

if TYPE_CHECKING:  # scikit-learn takes a second to load: only what learns, or reads, does so
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

#: So many confirmed texts, and so many with the theme, before a classifier is looked at; and so
#: many with the theme among those that it is judged by.
FEWEST_CONFIRMED, FEWEST_WITH_THEME, FEWEST_JUDGED = 130, 8, 5
FOLDS = 5
#: Of a text's letters so many must be Chinese for the classifier, which learned from Chinese.
LEAST_HAN = 0.3

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


class Way(StrEnum):
    """Who found a theme in a text."""

    RULES = "rules"
    CLASSIFIER = "classifier"
    BOTH = "both"
    PERSON = "person"


@dataclass(frozen=True)
class Score:
    """How well something finds a theme, on texts it was not made from.

    ``found`` texts were said to have it, ``right`` of them have it, ``there`` have it in all.
    """

    found: int
    right: int
    there: int

    @property
    def precision(self) -> float | None:
        """The share of what was found that was right; None where nothing was found."""
        return self.right / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        """The share of what is there that was found; None where there is none."""
        return self.right / self.there if self.there else None

    @property
    def f1(self) -> float:
        """The harmonic mean of both; 0 where nothing right was found."""
        return 2 * self.right / max(self.found + self.there, 1)


@dataclass(frozen=True)
class ThemeFigures:
    """How a theme is read: by ``way``; and how well each way does on texts left out.

    ``confirmed``: texts of which it is known whether they have the theme, ``with_theme`` of them.
    """

    theme: str
    way: Way
    confirmed: int
    with_theme: int
    rules: Score
    classifier: Score
    both: Score

    @property
    def used(self) -> Score:
        """The score of the way that is used."""
        return {Way.RULES: self.rules, Way.CLASSIFIER: self.classifier}.get(self.way, self.both)


@dataclass(frozen=True)
class Reading:
    """One theme that a text has: how sure that is, from 0 to 1, and by which way it was found."""

    theme: str
    confidence: float
    way: Way


@dataclass(frozen=True, eq=False)
class _Classifier:
    """Weights of all themes (rows) by term; ``slope`` and ``shift`` of each theme's sigmoid."""

    terms: TfidfVectorizer
    weights: Floats
    intercepts: Floats
    slope: Floats
    shift: Floats

    def scores(self, texts: Sequence[str]) -> Floats:
        return np.asarray(self.terms.transform(texts) @ self.weights.T + self.intercepts)

    def confidence(self, scores: Floats) -> Floats:
        return np.asarray(1 / (1 + np.exp(-(scores * self.slope + self.shift))))


@dataclass(frozen=True, eq=False)
class ThemeReader:
    """Reads themes; ``digest`` is a name of what it was made from."""

    taxonomy: Taxonomy
    figures: tuple[ThemeFigures, ...]
    digest: str
    _classifier: _Classifier | None

    def read(self, texts: Sequence[str]) -> list[list[Reading]]:
        """Return the themes of each text, in the order of the taxonomy."""
        ruled = ruled_themes(self.taxonomy, texts)
        learned, sure = self._learned(texts)
        rule_sure = np.array([_rule_confidence(one.rules) for one in self.figures])
        use_rules = np.array([one.way != Way.CLASSIFIER for one in self.figures], dtype=np.bool_)
        by_rule, by_class = ruled & use_rules, learned
        self._part_opposites(by_rule, by_class, sure)
        confidence = np.maximum(np.where(by_rule, rule_sure, 0), np.where(by_class, sure, 0))
        found: list[list[Reading]] = [[] for _ in texts]
        for row, column in zip(*np.nonzero(by_rule | by_class), strict=True):
            way = _way(bool(by_rule[row, column]), bool(by_class[row, column]))
            code = self.taxonomy.codes[column]
            found[row].append(Reading(code, round(float(confidence[row, column]), 2), way))
        return found

    def _part_opposites(self, by_rule: Bools, by_class: Bools, sure: Floats) -> None:
        """Let the classifier say neither of two opposites beside the other.

        What rules find in two clauses of one text stays: somebody may say both.
        """
        place = {code: number for number, code in enumerate(self.taxonomy.codes)}
        for first, second in self.taxonomy.opposites:
            for one, other in ((place[first], place[second]), (place[second], place[first])):
                by_class[:, one] &= ~by_rule[:, other] | by_rule[:, one]
            both = by_class[:, place[first]] & by_class[:, place[second]]
            less = np.where(
                sure[:, place[first]] < sure[:, place[second]], place[first], place[second]
            )
            unruled = both & ~(by_rule[:, place[first]] & by_rule[:, place[second]])
            by_class[np.flatnonzero(unruled), less[unruled]] = False

    def _learned(self, texts: Sequence[str]) -> tuple[Bools, Floats]:
        """Return where the classifier finds a theme for which it is used, and how sure it is."""
        shape = len(texts), len(self.figures)
        if self._classifier is None or not texts:
            return np.zeros(shape, np.bool_), np.zeros(shape)
        used = np.array([one.way != Way.RULES for one in self.figures], dtype=np.bool_)
        scores = self._classifier.scores([prepared(self.taxonomy, text) for text in texts])
        han = np.array([is_han(text) for text in texts], dtype=np.bool_)
        return (scores > 0) & used & han[:, None], self._classifier.confidence(scores)


def _way(by_rule: bool, by_class: bool) -> Way:
    return Way.BOTH if by_rule and by_class else Way.RULES if by_rule else Way.CLASSIFIER


def _rule_confidence(score: Score) -> float:
    """Return how sure a rule's hit is, with one right and one wrong hit added to those counted."""
    return (score.right + 1) / (score.found + 2)


def ruled_themes(taxonomy: Taxonomy, texts: Sequence[str]) -> Bools:
    """Return which themes (columns) the rules find in which texts (rows)."""
    place = {code: number for number, code in enumerate(taxonomy.codes)}
    found = np.zeros((len(texts), len(place)), dtype=np.bool_)
    for row, text in enumerate(texts):
        found[row, [place[code] for code in taxonomy.said(text)]] = True
    return found


def prepared(taxonomy: Taxonomy, text: str) -> str:
    """Return a text as the classifier sees it: its clauses, folded, one a line."""
    return "\n".join(taxonomy.clauses(text))


def is_han(text: str) -> bool:
    """Tell whether enough of a text's letters are Chinese."""
    letters = [letter for letter in text if letter.isalpha()]
    han = sum("\u3400" <= letter <= "\u9fff" for letter in letters)
    return bool(letters) and han >= LEAST_HAN * len(letters)


def train(taxonomy: Taxonomy, examples: Sequence[Example]) -> ThemeReader:
    """Return a reader made from examples; of fewer than ``FEWEST_CONFIRMED`` it is rules alone."""
    ruled = ruled_themes(taxonomy, [one.text for one in examples])
    there, known = _labels(taxonomy, examples)
    digest = f"{taxonomy.digest}-{digest_of(examples)}"
    fresh = np.array([one.fresh for one in examples], dtype=np.bool_)
    scores = left_out_scores(taxonomy, examples) if len(examples) >= FEWEST_CONFIRMED else None
    learned = np.zeros_like(ruled) if scores is None else scores > 0
    figures = tuple(
        _figures(
            code, ruled[:, n], learned[:, n], there[:, n], known[:, n], fresh, scores is not None
        )
        for n, code in enumerate(taxonomy.codes)
    )
    made = None if scores is None else _fitted(taxonomy, examples, there, known, scores)
    return ThemeReader(taxonomy, figures, digest, made)


def _labels(taxonomy: Taxonomy, examples: Sequence[Example]) -> tuple[Bools, Bools]:
    """Return which example (rows) has which theme (columns), and of which that is known."""
    codes = taxonomy.codes
    there = [[code in one.themes for code in codes] for one in examples]
    known = [[one.about is None or code in one.about for code in codes] for one in examples]
    shape = len(examples), len(codes)
    return np.array(there, np.bool_).reshape(shape), np.array(known, np.bool_).reshape(shape)


def _figures(
    code: str,
    ruled: Bools,
    learned: Bools,
    there: Bools,
    known: Bools,
    fresh: Bools,
    may_learn: bool,
) -> ThemeFigures:
    judged = known & fresh
    rules, classifier, both = (
        _score(found[judged], there[judged]) for found in (ruled, learned, ruled | learned)
    )
    confirmed, with_theme = int(known.sum()), int((known & there).sum())
    enough = may_learn and confirmed >= FEWEST_CONFIRMED and with_theme >= FEWEST_WITH_THEME
    enough = enough and rules.there >= FEWEST_JUDGED
    best, way = rules.f1, Way.RULES
    for score, other in ((both, Way.BOTH), (classifier, Way.CLASSIFIER)):
        if enough and score.f1 > best:
            best, way = score.f1, other
    return ThemeFigures(code, way, confirmed, with_theme, rules, classifier, both)


def _score(found: Bools, there: Bools) -> Score:
    return Score(int(found.sum()), int((found & there).sum()), int(there.sum()))


def left_out_scores(taxonomy: Taxonomy, examples: Sequence[Example]) -> Floats:
    """Return the classifier's score of each example (rows) and theme, learned from other groups.

    Above 0 is a find; -1 where a theme cannot be learned. Deterministic.
    """
    texts = [prepared(taxonomy, one.text) for one in examples]
    groups = [one.group for one in examples]
    there, known = _labels(taxonomy, examples)
    scores = np.full(there.shape, -1.0)
    from sklearn.model_selection import GroupKFold

    folds = GroupKFold(min(FOLDS, len(set(groups))))
    for learn, judge in folds.split(texts, groups=groups):
        terms = _terms()
        inside = terms.fit_transform([texts[n] for n in learn])
        outside = terms.transform([texts[n] for n in judge])
        for theme in range(there.shape[1]):
            model = _model(inside, there[learn, theme], known[learn, theme])
            if model is not None:
                scores[judge, theme] = outside @ model.coef_[0] + _intercept(model)
    return scores


def _terms() -> TfidfVectorizer:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(analyzer="char", ngram_range=(1, 2), sublinear_tf=True)


def _model(vectors: Any, there: Bools, known: Bools) -> LinearSVC | None:
    """Return the machine of a theme; None where nothing can be learned of it."""
    from sklearn.svm import LinearSVC

    rows = np.flatnonzero(known)
    if len(set(there[rows].tolist())) < 2:
        return None
    machine = LinearSVC(C=0.3, class_weight="balanced", random_state=0)
    return machine.fit(vectors[rows], there[rows])


def _intercept(machine: LinearSVC) -> float:
    """Return what a text without any known term scores: never a find."""
    return min(float(machine.intercept_[0]), 0.0)


def _fitted(
    taxonomy: Taxonomy, examples: Sequence[Example], there: Bools, known: Bools, scores: Floats
) -> _Classifier:
    terms = _terms()
    vectors = terms.fit_transform([prepared(taxonomy, one.text) for one in examples])
    themes = there.shape[1]
    weights, intercepts = np.zeros((themes, vectors.shape[1])), np.full(themes, -1.0)
    slope, shift = np.ones(themes), np.zeros(themes)
    for n in range(themes):
        machine = _model(vectors, there[:, n], known[:, n])
        if machine is not None:
            weights[n], intercepts[n] = machine.coef_[0], _intercept(machine)
            slope[n], shift[n] = _sigmoid(scores[known[:, n], n], there[known[:, n], n])
    return _Classifier(terms, weights, intercepts, slope, shift)


def _sigmoid(scores: Floats, there: Bools) -> tuple[float, float]:
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=1.0).fit(scores[:, None], there)
    return float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
