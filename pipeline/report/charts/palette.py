"""Which colours does a report use? One palette for pages, tables, charts and maps; see
docs/how-to/looks.md.

Every text colour has a contrast of at least 4.5 on the grounds it stands on. Colours of
parts side by side differ for readers who see no red or no green, and in grey; where
they do not differ enough, hatches, dashes and markers help.
"""

from __future__ import annotations

from collections.abc import Mapping

INK, GREY, PALE, PAPER = "#1d2733", "#55606b", "#d5dae0", "#ffffff"

RULE = "#c3cad2"  # lines of tables and between columns

# Dark enough for a thin line on white, apart for the colour-blind; dash and marker tell
# them apart in grey.
LINE_COLOURS = ("#14213d", "#a4262c", "#2a6f9e", "#b05a00", "#3f7d6e", "#3c2aa8")
# Ordered in lightness, so that they stay apart in grey.
FILLS = ("#14213d", "#a4262c", "#3e82ab", "#e09a3e", "#a9c9d8", "#ead9b8", "#eff2f5")
CLASSES = ("#eef3f7", "#c3d6e4", "#86aecb", "#3f78a5", "#14395b")
# Of ten marks, each with a dark outline: dark to white, so that they are told apart in grey.
TENTHS = ("#14213d", "#3e82ab", "#c3d6e4", "#ffffff")
LAND = "#e3e5e7"  # of a map: what lies around the member states

# The colour of a report: its headings, its cover. The colour of a version: its marking,
# and nothing else.
REPORTS: Mapping[str, str] = {"thb": "#5a2a62", "migration": "#0b5563", "octa": "#1c3f6e"}
REPORT = "#1c3f6e"  # of a report that has none of its own
VERSIONS: Mapping[str, str] = {"restricted": "#8c1420", "partner": "#6b4500", "public": "#1f4e79"}


def mixed(colour: str, other: str, *, part: float) -> str:
    """A colour between two: `part` 0 is the first, 1 the other."""
    pairs = [(int(colour[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in pairs)


def page_colours(report: str, version: str) -> dict[str, str]:
    """The CSS variables of a report's version."""
    own = REPORTS.get(report, REPORT)
    return {
        "ink": INK,
        "grey": GREY,
        "line": RULE,
        "tint": mixed(own, PAPER, part=0.94),
        "accent": own,
        "deep": mixed(own, "#000000", part=0.25),
        "marking": VERSIONS.get(version, INK),
    }


def cover_colours(report: str, version: str) -> tuple[str, str, str]:
    """Ground, land around and member states of the map on the cover: dark for a version
    that is not public.
    """
    own = REPORTS.get(report, REPORT)
    if version == "public":
        return PAPER, "#eef0f3", own
    deep = mixed(own, "#000000", part=0.25)
    return deep, mixed(deep, PAPER, part=0.08), mixed(deep, PAPER, part=0.32)
