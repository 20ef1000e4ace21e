"""Signs of categories and answers as line drawings: SVG paths on a 24 × 24 grid.

Named as Google's Material symbols, whose font is too heavy for a light page; drawn here anew, plain
enough to be told apart at 20 pixels.
"""

from __future__ import annotations

#: What somebody says, pointing at its place: the outline around a sign, on a 36 × 40 grid. It is
#: no shape of a road sign, so that a proposal is not taken for what is there already.
BUBBLE = (
    "M11 2H25A9 9 0 0 1 34 11V22A9 9 0 0 1 25 31H22.5L18 38.5L13.5 31H11A9 9 0 0 1 2 22V11"
    "A9 9 0 0 1 11 2Z"
)
#: Where the sign stands in it.
INSIDE = "translate(18 16.5) scale(.82) translate(-12 -12)"
DOT = "M12 9a3 3 0 1 1 0 6a3 3 0 0 1 0-6z"
_PERSON = "M12 3a2 2 0 1 1 0 4a2 2 0 0 1 0-4z"
PATHS = {
    "accessible": "M10 2.5a1.7 1.7 0 1 1 0 3.4a1.7 1.7 0 0 1 0-3.4zM10 8v6h5l3 6M10 10.5h4"
    "M8 12a5 5 0 1 0 6.5 6",
    "blind": f"{_PERSON}M12 7l-2 6l2 8M12 7l3 4M10 13l-3 8M15 11l4 10",
    "build": "M14 6a4.5 4.5 0 0 1 6-2l-3 3l2 2l3-3a4.5 4.5 0 0 1-6 6L7 20a2.1 2.1 0 0 1-3-3l9-9z",
    "chair": "M6 12V5a2 2 0 0 1 2-2h8a2 2 0 0 1 2 2v7M3 12h18v5H3zM6 17v4M18 17v4",
    "child_care": "M12 4a8 8 0 1 1 0 16a8 8 0 0 1 0-16zM8.5 14.5a4 4 0 0 0 7 0M9 10v1M15 10v1"
    "M12 4c-1.5 1-1.5 3 0 3",
    "deck": "M12 22V9M4 9a8 6 0 0 1 16 0zM5 15h4v6M19 15h-4v6",
    "delete": "M4 6h16M9 6V3h6v3M6 6l1 15h10l1-15M10 10v7M14 10v7",
    "directions_car": "M3 17v-5l2.5-6h13L21 12v5zM3 12h18M5 17v3h3v-3M16 17v3h3v-3M6.5 14.5h1"
    "M16.5 14.5h1",
    "directions_walk": f"{_PERSON}M12 7l-1 7l-4 7M11 14l4 3l1 4M12 8l-4 3v3M12 8l2 4l3 1",
    "door_front": "M6 21V3h12v18M3 21h18M15 12v1",
    "elderly": f"{_PERSON}M11 7l-1 7l1 7M10 14l-4 7M11 8l3 4h3v9",
    "engineering": "M5 10a7 7 0 0 1 14 0M3 10h18M7 10a5 5 0 0 0 10 0M12 3v4M4 21c0-4 3.5-5 8-5"
    "s8 1 8 5",
    "fitness_center": "M8 12h8M5 7v10M8 5v14M16 5v14M19 7v10M2 10v4M22 10v4",
    "forum": "M3 4h12v8H8l-5 4zM18 9h3v11l-4-4H9v-1",
    "groups": "M12 5a2.5 2.5 0 1 1 0 5a2.5 2.5 0 0 1 0-5zM7 20v-2c0-3 2-5 5-5s5 2 5 5v2"
    "M5 8a2 2 0 1 1 0 4a2 2 0 0 1 0-4zM19 8a2 2 0 1 1 0 4a2 2 0 0 1 0-4zM2 19c0-3 1-4 3-4"
    "M22 19c0-3-1-4-3-4",
    "lightbulb": "M9 18h6M10 21h4M9 18c0-4-3-5-3-9a6 6 0 0 1 12 0c0 4-3 5-3 9",
    "local_parking": "M5 3h14v18H5zM10 17V7h3a3 3 0 0 1 0 6h-3",
    "more_horiz": "M5 12h.01M12 12h.01M19 12h.01",
    "park": "M12 22v-7M12 3l-5 7h3l-4 6h12l-4-6h3z",
    "pedal_bike": "M6 20a4 4 0 1 1 0-8a4 4 0 0 1 0 8zM18 20a4 4 0 1 1 0-8a4 4 0 0 1 0 8z"
    "M6 16l4-8h6l2 8M10 8l2 8l4-8M8 6h4M16 8l-1-3h3",
    "search": "M10 4a6 6 0 1 1 0 12a6 6 0 0 1 0-12zM14.5 14.5L21 21",
    "traffic": "M8 2h8v20H8zM12 6h.01M12 12h.01M12 18h.01M5 5h3M16 5h3M5 11h3M16 11h3M5 17h3"
    "M16 17h3",
    "umbrella": "M12 2v2M3 13a9 9 0 0 1 18 0zM12 13v6a2 2 0 0 0 4 0",
    "work": "M3 8h18v12H3zM9 8V4h6v4M3 13h18M12 12v2",
}


def path(name: str | None) -> str:
    """Return the drawing of a sign; a dot for a name that has none."""
    return PATHS.get(name or "", DOT)


def bubble_svg(name: str | None, colour: str) -> str:
    """Return a proposal's sign as an SVG picture; ``colour`` as #rrggbb."""
    line = 'fill="none" stroke="#fff" stroke-width="2.4" stroke-linecap="round"'
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 36 40">'
        f'<path d="{BUBBLE}" fill="{colour}"/>'
        f'<path transform="{INSIDE}" d="{path(name)}" {line} stroke-linejoin="round"/></svg>'
    )
