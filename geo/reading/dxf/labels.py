"""Gives the texts of a drawing to what they stand at.

A text inside an area is that area's, of several the smallest; if more than ``MOST_IN_AREA`` stand
in it, it is a frame and they are no names of it. A text within ``NEAR_HEIGHTS`` times its own
height of a sign or a point is the nearest one's. Any other stays a feature of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import shapely
from shapely import STRtree

from geo.reading.dxf.contents import Drawn

NEAR_HEIGHTS = 3.0
MOST_IN_AREA = 3


def with_labels(features: Sequence[Drawn]) -> list[Drawn]:
    """Return the features with their texts, without the texts that were given to one."""
    texts = [row for row, one in enumerate(features) if one.height > 0]
    given = _in_areas(features, texts)
    given |= _at_points(features, [row for row in texts if row not in given])
    at: dict[int, list[int]] = defaultdict(list)
    for text, owner in given.items():
        at[owner].append(text)
    for owner, rows in at.items():
        rows.sort(key=lambda row: (-features[row].shape.y, features[row].shape.x))
        words = [features[owner].text, *(features[row].text for row in rows)]
        features[owner].text = " ".join(filter(None, words))
    return [one for row, one in enumerate(features) if row not in given]


def _in_areas(features: Sequence[Drawn], texts: Sequence[int]) -> dict[int, int]:
    areas = [
        row
        for row, one in enumerate(features)
        if shapely.get_dimensions(one.shape) == 2 and not shapely.is_empty(one.shape)
    ]
    if not areas or not texts:
        return {}
    shapes = shapely.make_valid([features[row].shape for row in areas])
    sizes = shapely.area(shapes)
    points = [features[row].shape for row in texts]
    found: dict[int, int] = {}
    for text, area in zip(*STRtree(shapes).query(points, "intersects").tolist(), strict=True):
        if text not in found or sizes[area] < sizes[found[text]]:
            found[text] = area
    full = np.bincount(list(found.values()), minlength=len(areas)) if found else np.zeros(0)
    return {texts[text]: areas[area] for text, area in found.items() if full[area] <= MOST_IN_AREA}


def _at_points(features: Sequence[Drawn], texts: Sequence[int]) -> dict[int, int]:
    points = [
        row
        for row, one in enumerate(features)
        if not one.height and shapely.get_type_id(one.shape) == 0
    ]
    if not points or not texts:
        return {}
    tree = STRtree([features[row].shape for row in points])
    found = tree.query_nearest(
        [features[row].shape for row in texts], return_distance=True, all_matches=False
    )
    return {
        texts[text]: points[point]
        for (text, point), away in zip(found[0].T.tolist(), found[1].tolist(), strict=True)
        if away <= NEAR_HEIGHTS * features[texts[text]].height
    }
