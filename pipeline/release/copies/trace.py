"""Whose copy is it? Reads the pattern of dots off a page, a piece of one, or a picture,
and names the copy.

The steps: find small yellow spots; find the lattice they lie on (its width is known for
a PDF, looked for in a picture, with turns of some degrees and quarter turns); say of
each spot whether it is left or right; add up what is said of the same bit; lay every
code of the log over it in every place. A copy is named only where nearly all bits agree
and no other copy comes near.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pipeline.errors import UserError
from pipeline.release.copies.pattern import PITCH, SIDE, bits

DPI = 200
# of 64 bits: by chance fewer than one page in 100,000 agrees so well with one of a
# hundred copies
_LEAST = 58
_APART = 6  # bits by which the best copy must lead
_FEWEST = 40  # spots, less say nothing
_PIXELS = 40_000_000
MOST_PAGES = 2_000  # a report has a hundred; whoever wants to know is not kept waiting for hours
_FILE_ALLOWED = "a PDF with pages, or a picture such as PNG or JPEG"
_WRONG_PASSWORD, _OTHER_LOCK = 4, 5  # as PDFium numbers what went wrong


@dataclass(frozen=True)
class Traced:
    """What a page says: the label of the copy, and how many of the 64 bits agree."""

    page: int
    label: str
    agreeing: int


def trace(
    content: bytes, codes: Mapping[str, str], *, password: str = "", pages: int | None = None
) -> list[Traced]:
    """The copies that the pages of a PDF or a picture come from; pages that say nothing
    are left out.

    `codes` maps labels of copies to their codes; only the first `pages` are looked at
    where that is given.
    Raises UserError for a file that is neither, is damaged, or is locked.
    """
    found = []
    for number, picture, pitch in islice(_pictures(content, password), pages or MOST_PAGES):
        if named := name_copy(picture, codes, pitch=pitch):
            found.append(Traced(number, *named))
    return found


def is_pdf(content: bytes) -> bool:
    """Whether a file says that it is a PDF; readers look for that in its first
    kilobyte.
    """
    return b"%PDF-" in content[:1024]


def name_copy(
    picture: Any, codes: Mapping[str, str], *, pitch: float | None
) -> tuple[str, int] | None:
    """The copy whose code a picture (rows, columns, RGB) bears, and the bits that
    agree; None where none is sure.

    `pitch` is the width of the lattice in pixels where it is known.
    """
    import numpy as np

    if not codes:
        return None
    labels = list(codes)
    laid = np.array([bits(codes[label]) for label in labels])
    best: dict[str, int] = {}
    for turned in range(4):
        spots = _spots(np.rot90(picture, turned))
        if len(spots) < _FEWEST:
            return None
        for width, angle in _lattices(spots, pitch):
            for label, agreeing in zip(
                labels, _agreeing(spots, width, angle=angle, laid=laid), strict=True
            ):
                best[label] = max(best.get(label, 0), int(agreeing))
            first, second, *_ = [*sorted(best.items(), key=lambda item: -item[1]), ("", 0)]
            if first[1] >= _LEAST and first[1] - second[1] >= _APART:
                return first
    return None


def _pictures(content: bytes, password: str) -> Iterator[tuple[int, Any, float | None]]:
    """Number, picture and width of the lattice of every page that can be drawn; a
    picture is one page.
    """
    import numpy as np

    if is_pdf(content):
        yield from _pages(content, password)
        return
    from PIL import Image

    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(content)) as image:
            # of large pictures, which have a limit of their own here
            warnings.simplefilter("ignore")
            small = image.width * image.height <= _PIXELS
            shown = np.asarray(image.convert("RGB")).astype(int) if small else None
    except Image.DecompressionBombError:
        shown = None
    except Exception:  # whatever a damaged picture makes the readers of some forty formats raise
        what = (
            "the file is neither a PDF nor a picture, or it is damaged"
            if content
            else "the file is empty"
        )
        raise UserError(what, allowed=_FILE_ALLOWED, do="give the file as it was found") from None
    if shown is None:
        raise UserError(
            "the picture is too large", allowed=f"up to {_PIXELS:,} pixels", do="make it smaller"
        )
    yield 1, shown, None


def _pages(content: bytes, password: str) -> Iterator[tuple[int, Any, float | None]]:
    import numpy as np
    import pypdfium2

    try:
        # Drawn as a viewer draws it, so that a PDF and a picture of one go the same
        # way; a page of any size has about the same number of pixels.
        opened = pypdfium2.PdfDocument(content, password=password or None)
    except pypdfium2.PdfiumError as problem:
        raise _not_opened(getattr(problem, "err_code", 0), password) from None
    drawn = 0
    try:
        for number in range(len(opened)):
            try:
                page = opened[number]
                scale = min(
                    DPI / 72, (_PIXELS / max(1.0, page.get_width() * page.get_height())) ** 0.5
                )
                picture = (
                    page.render(scale=scale, rev_byteorder=True).to_numpy()[:, :, :3].astype(int)
                )
            except (pypdfium2.PdfiumError, ValueError, IndexError, MemoryError):
                continue  # a damaged page says nothing; the others may
            drawn += 1
            yield number + 1, np.ascontiguousarray(picture), PITCH * scale
    finally:
        opened.close()
    if not drawn:
        raise UserError(
            "the PDF has no page that can be drawn",
            allowed=_FILE_ALLOWED,
            do="take the file from where it was found again: it may have been cut short",
        )


def _not_opened(code: int, password: str) -> UserError:
    if code == _WRONG_PASSWORD:
        what = (
            "the PDF is locked, and this is not its password" if password else "the PDF is locked"
        )
        return UserError(
            what, allowed="a PDF that is not locked, or its password", do="give it: PASSWORD_FILE="
        )
    if code == _OTHER_LOCK:
        return UserError(
            "the PDF is locked in a way that is not known here", allowed="a PDF that is not locked"
        )
    return UserError(
        "the PDF is damaged: it was cut short or changed, or is no PDF",
        allowed=_FILE_ALLOWED,
        do="take the file from where it was found again",
    )


def _spots(picture: Any) -> Any:
    """Centres (x to the right, y upwards) of what is yellow, light and small, in
    pixels.
    """
    import numpy as np
    from scipy import ndimage

    light = picture[:, :, :2].min(axis=2)
    yellow = np.where(light > 190, light - picture[:, :, 2], 0)
    seen = yellow > 18
    marked, count = ndimage.label(seen, structure=np.ones((3, 3)))
    if not count:
        return np.empty((0, 2))
    numbers = np.arange(1, count + 1)
    size = ndimage.sum_labels(seen, marked, numbers)
    centres = np.array(ndimage.center_of_mass(yellow, marked, numbers))
    kept = centres[size <= 40]
    return np.stack([kept[:, 1], -kept[:, 0]], axis=1)


def _lattices(spots: Any, pitch: float | None) -> Iterator[tuple[float, float]]:
    """Widths and turns of lattices whose rows the spots may lie on, the likeliest
    first.
    """
    import numpy as np

    if pitch is not None:
        yield pitch, 0.0
    chosen = spots[:: max(1, len(spots) // 250)]
    widths = np.exp(np.arange(np.log(12), np.log(140), 0.004))
    angles = np.radians(np.arange(-4, 4.01, 0.5))
    found: list[tuple[float, float, float]] = []
    for angle in angles:
        rows = chosen @ np.array([-np.sin(angle), np.cos(angle)])
        clear = np.abs(np.exp(2j * np.pi * rows[None, :] / widths[:, None]).mean(axis=1))
        best = clear.max()
        found.append(
            (best, max(w for w, c in zip(widths, clear, strict=True) if c >= 0.8 * best), angle)
        )
    for _, width, angle in sorted(found, reverse=True)[:3]:
        yield _refined(spots, width, angle=angle)


def _refined(spots: Any, width: float, *, angle: float) -> tuple[float, float]:
    import numpy as np
    from scipy.optimize import minimize

    def unclear(of: Any) -> float:
        rows = spots @ np.array([-np.sin(of[1]), np.cos(of[1])])
        return -float(np.abs(np.exp(2j * np.pi * rows / of[0]).mean()))

    start = np.array([width, angle])
    steps = np.array([start, start + [width * 0.003, 0], start + [0, 0.003]])
    found = minimize(
        unclear, start, method="Nelder-Mead", options={"initial_simplex": steps, "maxiter": 120}
    )
    return float(found.x[0]), float(found.x[1])


def _agreeing(spots: Any, width: float, *, angle: float, laid: Any) -> Any:
    """For each code the greatest number of bits that agree with the spots, over all
    places it may be laid in.
    """
    import numpy as np

    along = spots @ np.array([np.cos(angle), np.sin(angle)]) / width
    up = spots @ np.array([-np.sin(angle), np.cos(angle)]) / width
    up = up - np.angle(np.exp(2j * np.pi * up).mean()) / (2 * np.pi)
    near = np.abs(up - np.round(up)) < 0.2  # others lie on no row
    along = along[near]
    row = np.round(up[near]).astype(int) % SIDE
    best = np.zeros(len(laid), dtype=int)
    for offset in np.arange(0, 1, 1 / 16):
        place = along - offset
        said = np.zeros((SIDE, SIDE))
        np.add.at(said, (row, np.round(place).astype(int) % SIDE), np.sin(2 * np.pi * place))
        read = np.sign(said)
        for down in range(SIDE):
            for right in range(SIDE):
                over = np.roll(read, (down, right), (0, 1))
                best = np.maximum(best, (laid == over[None]).sum(axis=(1, 2)))
    return best
