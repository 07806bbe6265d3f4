"""Which colours does a report use? One palette for pages, tables, charts and maps; see
docs/how-to/looks.md.

Every text colour has a contrast of at least 4.5 on the grounds it stands on. Colours of
parts side by side differ for readers who see no red or no green, and in grey; where
they do not differ enough, hatches, dashes and markers help.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

INK, GREY, PALE, PAPER = "#1d2733", "#55606b", "#d5dae0", "#ffffff"

READABLE = 4.5  # the least contrast of a text (WCAG 2, level AA)
RULE = "#c3cad2"  # lines of tables and between columns

# Dark enough for a thin line on white, apart for the colour-blind; dash and marker tell
# them apart in grey.
LINE_COLOURS = ("#14213d", "#a4262c", "#2a6f9e", "#b05a00", "#3f7d6e", "#3c2aa8")
# Ordered in lightness, so that they stay apart in grey.
FILLS = ("#14213d", "#a4262c", "#3e82ab", "#e09a3e", "#a9c9d8", "#ead9b8", "#eff2f5")
CLASSES = ("#eef3f7", "#c3d6e4", "#86aecb", "#3f78a5", "#14395b")
_LIGHT = CLASSES[:3]  # those on which the dark ink is read; white is on the others
# Of ten marks, each with a dark outline: dark to white, so that they are told apart in grey.
TENTHS = ("#14213d", "#3e82ab", "#c3d6e4", "#ffffff")
LAND = "#e3e5e7"  # of a map: what lies around the member states

# The colour of a version: its marking, and nothing else. That of a report, for its
# headings and its cover, stands in its report.yaml.
VERSIONS: Mapping[str, str] = {"restricted": "#8c1420", "partner": "#6b4500", "public": "#1f4e79"}


def mixed(colour: str, other: str, *, part: float) -> str:
    """A colour between two: `part` 0 is the first, 1 the other."""
    pairs = [(int(colour[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in pairs)


def ramp(count: int) -> tuple[str, ...]:
    """So many colours from the lightest to the darkest of the classes. Between the last
    light and the first dark one no text is read: none of them lies there.
    """
    last = len(CLASSES) - 1
    if count <= len(CLASSES):
        return tuple(CLASSES[round(i * last / max(count - 1, 1))] for i in range(count))
    light = -(-count * len(_LIGHT) // len(CLASSES))
    return (*_between(_LIGHT, light), *_between(CLASSES[len(_LIGHT) :], count - light))


def _between(colours: Sequence[str], count: int) -> tuple[str, ...]:
    """So many colours in even steps from the first to the last of some."""
    last = len(colours) - 1
    places = [divmod(i * last, count - 1) for i in range(count)]
    return tuple(
        mixed(colours[at], colours[min(at + 1, last)], part=rest / (count - 1))
        for at, rest in places
    )


def ink_on(ground: str) -> str:
    """The colour of a text on a ground: white where that is readable, else the dark one."""
    return PAPER if contrast_on_paper(ground) >= READABLE else INK


def contrast_on_paper(colour: str) -> float:
    """How well a text of a colour is read on white, from 1 to 21 (WCAG 2, contrast ratio
    of relative luminances).
    """
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def page_colours(own: str, version: str) -> dict[str, str]:
    """The CSS variables of a version of a report whose `own` colour is given."""
    return {
        "ink": INK,
        "grey": GREY,
        "line": RULE,
        "tint": mixed(own, PAPER, part=0.94),
        "accent": own,
        "deep": mixed(own, "#000000", part=0.25),
        "marking": VERSIONS.get(version, INK),
    }


def cover_colours(own: str, version: str) -> tuple[str, str, str]:
    """Ground, land around and member states of the map on the cover, from the `own` colour
    of a report: dark for a version that is not public.
    """
    if version == "public":
        return PAPER, "#eef0f3", own
    deep = mixed(own, "#000000", part=0.25)
    return deep, mixed(deep, PAPER, part=0.08), mixed(deep, PAPER, part=0.32)
