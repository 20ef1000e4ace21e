"""Rates that small populations do not blow up: empirical Bayes after Marshall (1991)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def empirical_bayes(people: Floats, population: Floats) -> Floats:
    """Return the rate of each group, people per resident, drawn towards the rate of all.

    The global estimator of R. J. Marshall, Mapping disease and mortality rates using empirical
    Bayes estimators, Applied Statistics 40 (1991): the fewer residents a group has, the nearer its
    rate comes to that of all. Where rates differ no more than chance lets them, all are the same.
    Missing where ``population`` is missing or not above 0; those groups count for nobody.
    """
    known = np.isfinite(population) & (population > 0)
    smooth = np.full(len(people), np.nan)
    if not known.any():
        return smooth
    count, residents = people[known].astype(np.float64), population[known].astype(np.float64)
    rate, overall = count / residents, count.sum() / residents.sum()
    spread = float((residents * (rate - overall) ** 2).sum() / residents.sum())
    between = max(spread - overall / float(residents.mean()), 0.0)
    within = overall / residents
    together = between + within
    trust = np.divide(between, together, out=np.zeros_like(together), where=together > 0)
    smooth[known] = overall + trust * (rate - overall)
    return smooth
