"""What does a page draw? Every text and every path of its content streams, in order,
whether it can be seen or not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pikepdf

Colour = tuple[float, ...] | str  # a pattern by its name
Matrix = tuple[float, float, float, float, float, float]
Parts = tuple[tuple[tuple[float, float], ...], ...]
_IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_DEEPEST = 12  # forms inside forms
# places along a text at which a clip path is asked whether it shows them
_SAMPLES = (
    0.1,
    0.3,
    0.5,
    0.7,
    0.9,
)


@dataclass(frozen=True)
class Text:
    """One piece of text as it was shown. `place` counts text objects: pieces of one
    label share it.
    """

    text: str
    x: float
    y: float
    size: float
    width: float
    mode: int
    fill: Colour
    alpha: float
    tag: int | str | None  # number of the marked content, 'Artifact', or None outside of both
    place: int
    order: int
    font: str
    seen: float = 1.0  # which part of it the clip paths leave


@dataclass(frozen=True)
class Path:
    """One painted path. `origin` is where its own coordinates start, which is the
    middle of a chart's marker.
    """

    parts: tuple[tuple[tuple[float, float], ...], ...]
    curved: bool
    fill: Colour | None
    stroke: Colour | None
    width: float
    dashed: bool
    origin: tuple[float, float]
    tag: int | str | None
    order: int

    @property
    def box(self) -> tuple[float, float, float, float]:
        xs = [x for part in self.parts for x, _ in part]
        ys = [y for part in self.parts for _, y in part]
        return min(xs), min(ys), max(xs), max(ys)

    @property
    def upright(self) -> bool:
        """Whether all its lines are level or upright."""
        sides = [pair for part in self.parts for pair in zip(part, part[1:], strict=False)]
        return all(abs(x - u) < 0.01 or abs(y - v) < 0.01 for (x, y), (u, v) in sides)


@dataclass
class Drawn:
    """All that one page draws, and what it uses to do so."""

    texts: list[Text] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    forms: set[tuple[int, int]] = field(default_factory=set)  # objects drawn
    glyphs: dict[str, set[int]] = field(default_factory=dict)  # codes shown by font
    strange: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Shown:
    """What some bytes show in a font: their text, how far they move the pen in
    thousandths of the size, and their codes.
    """

    text: str
    width: float
    codes: frozenset[int]


@dataclass
class Font:
    """One font of a file: its name, bytes a code, characters and widths (thousandths).
    What the same bytes show is worked out once.
    """

    name: str
    size: int
    characters: dict[int, str]
    widths: dict[int, float]
    known: dict[bytes, Shown] = field(default_factory=dict)

    def show(self, data: bytes) -> Shown:
        """Each code of the font becomes a character, and moves the pen by its width."""
        shown = self.known.get(data)
        if shown is None:
            size = self.size
            codes = [int.from_bytes(data[i : i + size], "big") for i in range(0, len(data), size)]
            plain = size == 1 and not self.characters
            shown = self.known[data] = Shown(
                "".join(self.characters.get(c, chr(c) if plain else "\ufffd") for c in codes),
                sum(self.widths.get(code, 500.0) for code in codes),
                frozenset(codes),
            )
        return shown


class Fonts:
    """The fonts of a file, each object read once."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], Font] = {}

    def read(self, font: Any) -> Font:
        """The font of an object."""
        key = font.objgen
        if key == (0, 0) or key not in self._known:
            characters = to_unicode(font.ToUnicode.read_bytes()) if "/ToUnicode" in font else {}
            size = 2 if font.get("/Subtype") == "/Type0" else 1
            self._known[key] = Font(
                str(font.get("/BaseFont", "?")), size, characters, _widths(font)
            )
        return self._known[key]


def to_unicode(cmap: bytes) -> dict[int, str]:
    """The character map of a font: code to text."""
    found: dict[int, str] = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", cmap, re.S):
        for code, text in re.findall(rb"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]*)>", block):
            found[int(code, 16)] = _utf16(text)
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", cmap, re.S):
        for low, high, text in re.findall(
            rb"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>", block
        ):
            for step in range(min(int(high, 16) - int(low, 16), 0xFFFF) + 1):
                first = _utf16(text)
                found[int(low, 16) + step] = (
                    first[:-1] + chr(ord(first[-1]) + step) if first else ""
                )
    return found


def _utf16(digits: bytes) -> str:
    return bytes.fromhex(digits.decode()).decode("utf-16-be", "replace")


def _widths(font: Any) -> dict[int, float]:
    found: dict[int, float] = {}
    for part in font.get("/DescendantFonts", []):
        items = list(part.get("/W", []))
        while items:
            first = int(items.pop(0))
            second = items.pop(0)
            if isinstance(second, pikepdf.Array):
                found.update({first + i: float(w) for i, w in enumerate(second)})
            else:
                found.update(dict.fromkeys(range(first, int(second) + 1), float(items.pop(0))))
    return found


def read_page(page: pikepdf.Page, fonts: Fonts) -> Drawn:
    """Run the content of a page as a viewer would, without drawing."""
    drawn = Drawn()
    reader = _Reader(drawn, fonts)
    try:
        reader.run(page, page.obj.get("/Resources", pikepdf.Dictionary()), _State(), 0)
    except (pikepdf.PdfError, ValueError, IndexError, TypeError, RecursionError) as problem:
        drawn.strange.append(f"the content cannot be read: {problem}")
    return drawn


@dataclass(frozen=True)
class Clip:
    """An area outside of which nothing is seen: a box, or with `parts` the polygons in
    it.
    """

    left: float
    bottom: float
    right: float
    top: float
    parts: Parts = ()
    even_odd: bool = False

    def shows(self, x: float, y: float) -> bool:
        inside = self.left <= x <= self.right and self.bottom <= y <= self.top
        if not inside or not self.parts:
            return inside
        turns = [
            _turn(a, b, x=x, y=y)
            for part in self.parts
            for a, b in zip(part, (*part[1:], part[0]), strict=True)
        ]
        return sum(map(abs, turns)) % 2 == 1 if self.even_odd else sum(turns) != 0


def _turn(start: tuple[float, float], end: tuple[float, float], *, x: float, y: float) -> int:
    """1 or -1 where a side crosses the ray from a point to the right, upwards or
    downwards.
    """
    (a, b), (c, d) = start, end
    if (b <= y) == (d <= y) or a + (y - b) / (d - b) * (c - a) <= x:
        return 0
    return 1 if b <= y else -1


def _clip_of(parts: Parts, curved: bool, *, even_odd: bool) -> Clip:
    """A clip path; a curved one, and a single upright box, by the box around it.
    Without any area it shows nothing.
    """
    xs = [x for part in parts for x, _ in part]
    ys = [y for part in parts for _, y in part]
    if not xs:
        return Clip(0, 0, -1, -1)
    box = min(xs), min(ys), max(xs), max(ys)
    plain = len(parts) == 1 and all(
        x in (box[0], box[2]) and y in (box[1], box[3]) for x, y in parts[0]
    )
    return Clip(*box) if curved or plain else Clip(*box, parts, even_odd)


@dataclass
class _State:
    """The part of the graphics state that decides what a mark looks like."""

    matrix: Matrix = _IDENTITY
    fill: Colour = (0.0,)
    stroke: Colour = (0.0,)
    alpha: float = 1.0
    width: float = 1.0
    dashed: bool = False
    font: Font | None = None
    size: float = 0.0
    mode: int = 0
    leading: float = 0.0
    clips: tuple[Clip, ...] = ()

    def copy(self) -> _State:
        same = _State.__new__(_State)
        same.__dict__.update(self.__dict__)
        return same


def multiply(first: Matrix, second: Matrix) -> Matrix:
    a, b, c, d, e, f = first
    p, q, r, s, t, u = second
    return (
        a * p + b * r,
        a * q + b * s,
        c * p + d * r,
        c * q + d * s,
        e * p + f * r + t,
        e * q + f * s + u,
    )


def _apply(matrix: Matrix, x: float, y: float) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


class _Reader:
    """Keeps the state while one page's operators run."""

    def __init__(self, drawn: Drawn, fonts: Fonts) -> None:
        self.drawn, self.fonts = drawn, fonts
        self.tags: list[int | str | None] = []
        self.state, self.saved = _State(), list[_State]()
        self.line = self.cursor = _IDENTITY
        self.parts: list[list[tuple[float, float]]] = []
        self.curved = False
        self.clipping = ""
        self.place = self.order = 0
        self.resources: Any = None
        self.named: dict[str, Font | None] = {}  # fonts of these resources by name

    def run(self, content: Any, resources: Any, state: _State, depth: int) -> None:
        outer = self.state, self.saved, self.resources, self.named
        self.state, self.saved, self.resources, self.named = state, [], resources, {}
        for instruction in pikepdf.parse_content_stream(content):
            if isinstance(instruction, pikepdf.ContentStreamInlineImage):
                self.drawn.images.append("an image inside the content")
                continue
            self._step(str(instruction.operator), list(instruction.operands), depth=depth)
        self.state, self.saved, self.resources, self.named = outer

    def _step(self, name: str, args: list[Any], *, depth: int) -> None:
        if name in _BUILD:
            self._build_path(name, args)
        elif name in _TEXT:
            self._show(name, args)
        elif name in _STATE:
            self._set_state(name, args)
        elif name in _PAINT:
            self._paint(*_PAINT[name])
        elif name == "Do":
            self._draw_object(str(args[0]), depth)
        elif name in ("BDC", "BMC"):
            self.tags.append(self._tag(name, args))
        elif name == "EMC":
            if self.tags:
                self.tags.pop()
        elif name not in _WITHOUT_EFFECT:
            self.drawn.strange.append(f"operator {name}")

    def _tag(self, name: str, args: list[Any]) -> int | str | None:
        properties = args[1] if name == "BDC" else None
        if isinstance(properties, pikepdf.Dictionary) and "/MCID" in properties:
            return int(properties.MCID)
        if str(args[0]) == "/Artifact":
            return "Artifact"
        if isinstance(properties, pikepdf.Name):
            self.drawn.strange.append(f"content marked by the property list {properties}")
        return self.tags[-1] if self.tags else None

    @property
    def _current(self) -> int | str | None:
        return self.tags[-1] if self.tags else None  # an inner one has that of the outer

    # --- state

    def _set_state(self, name: str, args: list[Any]) -> None:
        state = self.state
        if name == "q":
            self.saved.append(state.copy())
        elif name == "Q":
            if self.saved:
                self.state = self.saved.pop()
        elif name == "cm":
            state.matrix = multiply(_matrix(args), state.matrix)
        elif name in ("rg", "g", "k", "sc", "scn"):
            state.fill = _colour(args)
        elif name in ("RG", "G", "K", "SC", "SCN"):
            state.stroke = _colour(args)
        elif name == "w":
            state.width = float(args[0])
        elif name == "d":
            state.dashed = len(args[0]) > 0
        elif name == "gs":
            self._extended(str(args[0]))
        else:
            self.clipping = name

    def _extended(self, name: str) -> None:
        known = self.resources.get("/ExtGState", {}).get(name, {})
        self.state.alpha = float(known.get("/ca", self.state.alpha))

    # --- paths

    def _build_path(self, name: str, args: list[Any]) -> None:
        values = [float(a) for a in args]
        place = self.state.matrix
        if name == "m":
            self.parts.append([_apply(place, *values)])
        elif name == "l":
            self.parts[-1].append(_apply(place, *values))
        elif name == "re":
            x, y, width, height = values
            corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y)]
            self.parts.append([_apply(place, *corner) for corner in corners])
        elif name == "h":
            self.parts[-1].append(self.parts[-1][0])
        else:
            self.curved = True
            self.parts[-1].append(_apply(place, *values[-2:]))

    def _paint(self, filled: bool, stroked: bool) -> None:
        state = self.state
        parts = tuple(tuple(part) for part in self.parts if len(part) > 1)
        if parts:
            self.order += 1
            scale = (
                abs(state.matrix[0] * state.matrix[3] - state.matrix[1] * state.matrix[2]) ** 0.5
            )
            self.drawn.paths.append(
                Path(
                    parts,
                    self.curved,
                    state.fill if filled else None,
                    state.stroke if stroked else None,
                    state.width * scale,
                    state.dashed,
                    _apply(state.matrix, 0, 0),
                    self._current,
                    self.order,
                )
            )
        if self.clipping:
            state.clips = (
                *state.clips,
                _clip_of(parts, self.curved, even_odd=self.clipping == "W*"),
            )
        self.parts, self.curved, self.clipping = [], False, ""

    # --- text

    def _show(self, name: str, args: list[Any]) -> None:
        state = self.state
        if name == "BT":
            self.line = self.cursor = _IDENTITY
            self.place += 1
        elif name == "Tm":
            self.line = self.cursor = _matrix(args)
        elif name in ("Td", "TD"):
            self.line = self.cursor = multiply(
                (1, 0, 0, 1, float(args[0]), float(args[1])), self.line
            )
            state.leading = -float(args[1]) if name == "TD" else state.leading
        elif name == "TL":
            state.leading = float(args[0])
        elif name == "Tf":
            state.font, state.size = self._font(str(args[0])), float(args[1])
        elif name == "Tr":
            state.mode = int(args[0])
        elif name in ("TJ", "Tj"):
            self._show_text(args[0] if name == "TJ" else args)
        elif name in ("T*", "'", '"'):
            self.line = self.cursor = multiply((1, 0, 0, 1, 0.0, -state.leading), self.line)
            if args:
                self._show_text(args[-1:])

    def _font(self, name: str) -> Font | None:
        if name not in self.named:
            font = self.resources.get("/Font", {}).get(name)
            self.named[name] = None if font is None else self.fonts.read(font)
        return self.named[name]

    def _show_text(self, pieces: Any) -> None:
        state = self.state
        font = state.font
        if font is None:
            self.drawn.strange.append("text in a font that is not there")
            return
        # A number between texts moves the pen back (PDF 32000-1, 9.4.3).
        text, moved = "", 0.0
        for piece in pieces:
            if isinstance(piece, pikepdf.String):
                shown = font.show(bytes(piece))
                if shown.codes:
                    self.drawn.glyphs.setdefault(font.name, set()).update(shown.codes)
                text += shown.text
                moved += shown.width / 1000 * state.size
            else:
                moved -= float(piece) / 1000 * state.size
        # Where the text stands on the page, how wide and how high.
        whole = multiply(self.cursor, state.matrix)
        x, y = _apply(whole, 0, 0)
        end = _apply(whole, moved, 0)
        height = (whole[2] ** 2 + whole[3] ** 2) ** 0.5 * state.size
        self.order += 1
        self.drawn.texts.append(
            Text(
                text,
                x,
                y,
                height,
                end[0] - x,
                state.mode,
                state.fill,
                state.alpha,
                self._current,
                self.place,
                self.order,
                font.name,
                self._seen(whole, moved),
            )
        )
        self.cursor = multiply((1, 0, 0, 1, moved, 0), self.cursor)

    def _seen(self, place: Matrix, width: float) -> float:
        """Which part of a text lies inside of all clip paths: asked at some places
        along its middle.
        """
        clips = self.state.clips
        spots = [_apply(place, width * part, 0.25 * self.state.size) for part in _SAMPLES]
        shown = [all(clip.shows(x, y) for clip in clips) for x, y in spots] if clips else [True]
        return sum(shown) / len(shown)

    # --- forms

    def _draw_object(self, name: str, depth: int) -> None:
        form = self.resources.get("/XObject", {}).get(name)
        if not isinstance(form, pikepdf.Stream):
            self.drawn.strange.append(f"{name} is drawn and not there")
        elif form.get("/Subtype") != "/Form":
            self.drawn.images.append(f"image {name}")
        elif depth > _DEEPEST:
            self.drawn.strange.append("forms are nested without end")
        else:
            self.drawn.forms.add(form.objgen)
            state = self.state.copy()
            state.matrix = multiply(_matrix(form.get("/Matrix", _IDENTITY)), state.matrix)
            if "/BBox" in form:
                a, b, c, d = (float(v) for v in form.BBox)
                corners = tuple(
                    _apply(state.matrix, x, y) for x, y in ((a, b), (c, b), (c, d), (a, d))
                )
                state.clips = (*state.clips, _clip_of((corners,), False, even_odd=False))
            line, cursor = self.line, self.cursor
            self.run(form, form.get("/Resources", self.resources), state, depth + 1)
            self.line, self.cursor = line, cursor


_PAINT = {
    "f": (True, False),
    "F": (True, False),
    "f*": (True, False),
    "S": (False, True),
    "s": (False, True),
    "B": (True, True),
    "B*": (True, True),
    "b": (True, True),
    "b*": (True, True),
    "n": (False, False),
}
_BUILD = frozenset(("m", "l", "c", "v", "y", "re", "h"))
_STATE = frozenset(
    ("q", "Q", "cm", "rg", "g", "k", "sc", "scn", "RG", "G", "K", "SC", "SCN", "w", "d", "gs")
    + ("W", "W*")
)
# the renderer neither stretches nor raises text, nor sets it wide
_TEXT = frozenset(("BT", "ET", "Tm", "Td", "TD", "TL", "Tf", "Tr", "TJ", "Tj", "T*", "'", '"'))
_WITHOUT_EFFECT = ("J", "j", "M", "i", "ri", "cs", "CS", "BX", "EX")


def _matrix(values: Any) -> Matrix:
    a, b, c, d, e, f = (float(v) for v in values)
    return a, b, c, d, e, f


def _colour(args: list[Any]) -> Colour:
    if args and isinstance(args[-1], pikepdf.Name):
        return str(args[-1])
    return tuple(round(float(a), 4) for a in args)


def forms_of(stream: Any, resources: Any) -> Iterator[tuple[int, int]]:
    """The forms that a pattern draws, and those inside them."""
    for instruction in pikepdf.parse_content_stream(stream):
        if str(instruction.operator) == "Do":
            form = resources.get("/XObject", {}).get(str(instruction.operands[0]))
            if isinstance(form, pikepdf.Stream):
                yield form.objgen
                yield from forms_of(form, form.get("/Resources", resources))
