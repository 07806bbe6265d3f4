"""Which pattern does a copy bear? A lattice of tiny yellow dots over the whole page,
each shifted left or right.

The shifts spell 64 bits, eight by eight, again and again over the page. So a piece of a
page of some 60 by 60 mm holds the whole code, and a larger one holds it several times.
Nothing of it is text, tag or metadata: it is there on a cropped page, on one page taken
out, on a picture of it. What it does not survive is said in docs/how-to/copies.md.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from typing import Any

SIDE = 8  # dots of a code along each side
PITCH = 21.0  # points between two dots
SHIFT = PITCH / 8  # points by which a dot is moved to say 1 (right) or 0 (left)
DOT = 0.75  # points: too small and too light to be seen on paper or screen
# bits in which two codes may agree at most, in whatever place the one is laid over the
# other
_ALIKE = 48


def new_code(used: Iterable[str]) -> str:
    """A code for a copy, 64 bits as hexadecimal text, that no place of another code
    resembles. It cannot be guessed.
    """
    taken = [bits(code) for code in used]
    while True:
        code = secrets.token_hex(SIDE * SIDE // 8)
        if all(_agreement(bits(code), other) <= _ALIKE for other in taken):
            return code


def bits(code: str) -> list[list[int]]:
    """The code as rows of 1 and -1, from the bottom of the page upwards, from left to
    right.
    """
    value = int(code, 16)
    flat = [1 if value >> n & 1 else -1 for n in range(SIDE * SIDE)]
    return [flat[row * SIDE : (row + 1) * SIDE] for row in range(SIDE)]


def _agreement(one: list[list[int]], other: list[list[int]]) -> int:
    places = range(SIDE)
    return max(
        sum(
            one[r][c] == other[(r + down) % SIDE][(c + right) % SIDE]
            for r in places
            for c in places
        )
        for down in places
        for right in places
    )


def drawing(code: str) -> Callable[[Any, float, float], Any]:
    """What `mark_pages` lays over every page: the dots as a form, darkening what lies
    below and never covering it.
    """
    # The idea is that of the yellow dots of laser printers (Richter, Escher, Schönfeld
    # and Strufe, Forensic Analysis and Anonymisation of Printed Documents, 2018), with
    # one shifted dot a bit.
    rows = bits(code)

    def draw(pdf: Any, width: float, height: float) -> Any:
        from pikepdf import Array, Dictionary, Name

        said = ["/Below gs 1 1 0 rg"]
        for row in range(int(height / PITCH)):
            for column in range(int(width / PITCH)):
                x = (column + 0.5) * PITCH + SHIFT * rows[row % SIDE][column % SIDE]
                said.append(f"{x - DOT / 2:.3f} {(row + 0.5) * PITCH - DOT / 2:.3f} {DOT} {DOT} re")
        form = pdf.make_stream("\n".join([*said, "f", ""]).encode())
        form.update(
            Dictionary(
                Type=Name.XObject,
                Subtype=Name.Form,
                BBox=Array([0, 0, width, height]),
                Resources=Dictionary(
                    ExtGState=Dictionary(Below=Dictionary(Type=Name.ExtGState, BM=Name.Multiply))
                ),
            )
        )
        return form

    return draw
