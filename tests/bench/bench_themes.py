"""How well themes are read, and how fast: ``python -m tests.bench.bench_themes``.

For each theme: Cohen's kappa of the two passes of labels; precision and recall of the rules, of the
classifier and of both on sentences that no rule was made from, each judged by a machine that
learned from other authors; and F1 of the classifier on all sentences in the same folds. Peers, in
the same run: rules alone; saying of every text the theme that most have; and the classifier in
random folds, which shows what leaks through an author's manner. Times are of the processor.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.text.near_copies import near_copies
from analysis.themes.labelled_texts import Example, written_examples
from analysis.themes.taxonomy import load_taxonomy
from analysis.themes.theme_reader import Score, left_out_scores, ruled_themes, train
from commands.themes import figure_lines
from tests.bench.tables import print_columns

TAXONOMY = load_taxonomy()
Bools = NDArray[np.bool_]


def main() -> None:
    """Print all of it."""
    options = _options()
    begun = time.process_time()
    examples = written_examples()
    reader = train(TAXONOMY, examples)
    trained_s = time.process_time() - begun
    print(f"{len(examples)} labelled sentences, {sum(one.fresh for one in examples)} of them fresh")
    print("\n".join(figure_lines(reader, TAXONOMY)))
    print_columns(overall(examples))
    texts = [one.text for one in examples] * (options.size // len(examples) + 1)
    texts = [f"{text}{n}" for n, text in enumerate(texts[: options.size])]
    begun = time.process_time()
    reader.read(texts)
    read_s = time.process_time() - begun
    begun = time.process_time()
    near_copies(texts)
    print_columns(
        [
            {
                "texts": len(texts),
                "train_s": trained_s,
                "read_s": read_s,
                "near_copies_s": time.process_time() - begun,
            }
        ]
    )


def overall(examples: list[Example]) -> list[dict[str, Any]]:
    """Return the figures of each way over all themes, on fresh sentences and on all."""
    there = np.array([[code in one.themes for code in TAXONOMY.codes] for one in examples])
    fresh = np.array([one.fresh for one in examples])
    ruled = ruled_themes(TAXONOMY, [one.text for one in examples])
    learned = left_out_scores(TAXONOMY, examples) > 0
    apart = [replace(one, group=str(n)) for n, one in enumerate(examples)]
    random = left_out_scores(TAXONOMY, apart) > 0
    frequent = np.zeros_like(there)
    frequent[:, there.sum(axis=0).argmax()] = True
    ways = {
        "rules": ruled,
        "classifier": learned,
        "both": ruled | learned,
        "classifier, random folds": random,
        "most frequent theme": frequent,
    }
    return [
        {
            "way": name,
            **_figures(found[fresh], there[fresh], "fresh"),
            **_figures(found, there, "all"),
        }
        for name, found in ways.items()
    ]


def _figures(found: Bools, there: Bools, name: str) -> dict[str, Any]:
    total = Score(int(found.sum()), int((found & there).sum()), int(there.sum()))
    each = [
        Score(int(found[:, n].sum()), int((found & there)[:, n].sum()), int(there[:, n].sum())).f1
        for n in range(there.shape[1])
    ]
    return {
        f"{name}: precision": total.precision or 0.0,
        f"{name}: recall": total.recall or 0.0,
        f"{name}: F1": total.f1,
        f"{name}: mean F1 of themes": float(np.mean(each)),
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=20_000, help="texts to read for the time")
    return parser.parse_args()


if __name__ == "__main__":
    main()
