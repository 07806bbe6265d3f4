"""Where do we change what a library does, and why? Each patch names its library, the
version that it was made for, and its reason; no other module reaches into a library.

A library is imported only where its patch is put on. `tests/system/test_patches.py`
asks of each whether it is still needed, and of each library whether it is still the one
that was looked at.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from importlib import import_module
from types import ModuleType
from typing import Any, TypeVar

Putting = TypeVar("Putting", bound=Callable[..., object])


@dataclass(frozen=True)
class Patch:
    """What is changed in which version of a library, and why."""

    name: str  # of the function that puts it on
    library: str  # as its package is called
    version: str
    reason: str


PATCHES: list[Patch] = []  # filled below, one for each function


def _made_for(library: str, version: str, *, reason: str) -> Callable[[Putting], Putting]:
    """Enter a function into the list of patches."""

    def enter(function: Putting) -> Putting:
        PATCHES.append(Patch(function.__name__, library, version, reason))
        return function

    return enter


# What WeasyPrint says where fontTools cuts.
SAID_OF_FONTS = "Using fontTools instead of HarfBuzz-Subset"


@_made_for(
    "weasyprint",
    "70.0",
    reason="it cuts fonts with HarfBuzz where the machine has it, to other bytes than elsewhere",
)
@contextmanager
def fonts_cut_by_fonttools() -> Iterator[None]:
    """Have fonts cut by fontTools while a PDF is written."""
    from weasyprint.pdf import fonts

    cutter = fonts.harfbuzz_subset
    fonts.harfbuzz_subset = None
    try:
        yield
    finally:
        fonts.harfbuzz_subset = cutter


@_made_for(
    "fonttools",
    "4.68.0",
    reason="it dates a font that it changes by the clock",
)
@contextmanager
def fonts_dated(date: datetime) -> Iterator[None]:
    """Have cut fonts dated by the document while a PDF is written."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    os.environ["SOURCE_DATE_EPOCH"] = str(int(date.timestamp()))
    try:
        yield
    finally:
        if epoch is None:
            del os.environ["SOURCE_DATE_EPOCH"]
        else:
            os.environ["SOURCE_DATE_EPOCH"] = epoch


@_made_for(
    "weasyprint",
    "70.0",
    reason="it asks three functions for each of fourteen lengths of each box, a million times",
)
@contextmanager
def plain_lengths_taken_at_once() -> Iterator[None]:
    """Have a length in pixels or percent, and `auto`, set without a further question."""
    from weasyprint.css.properties import Dimension
    from weasyprint.layout import percent

    resolve = percent.resolve_one_percentage

    def resolve_at_once(box: Any, name: str, refer_to: Any) -> None:
        value = box.style[name]
        length: Any
        if type(value) is Dimension and value.unit is not None:
            number, unit = value
            length = refer_to * number / 100 if unit == "%" else number
        elif value == "auto":
            length = 0 if name in ("min_width", "min_height") else value
        else:
            resolve(box, name, refer_to)
            return
        setattr(box, name, length)

    percent.resolve_one_percentage = resolve_at_once
    try:
        yield
    finally:
        percent.resolve_one_percentage = resolve


@_made_for(
    "fonttools",
    "4.68.0",
    reason="it reads all rules of layout of a font, those too that it is told to drop unread",
)
@contextmanager
def layout_rules_dropped_unread() -> Iterator[None]:
    """Have a font lose the tables that are to be dropped before it is cut."""
    from fontTools.subset import Subsetter  # type: ignore[import-untyped]

    cut = Subsetter.subset

    def cut_without(self: Any, font: Any) -> None:
        for tag in self.options.drop_tables:
            if tag in font:
                del font[tag]
        cut(self, font)

    Subsetter.subset = cut_without
    try:
        yield
    finally:
        Subsetter.subset = cut


@_made_for(
    "pydyf",
    "0.13.0",
    reason="it makes each object into bytes twice, for the file and for its identifier",
)
@contextmanager
def objects_packed_once() -> Iterator[None]:
    """Have each object of a PDF made into bytes and compressed once."""
    import pydyf  # type: ignore[import-untyped]

    write = pydyf.PDF.write

    class PackedOnce(pydyf.Object):  # type: ignore[misc]
        def __init__(self, item: Any) -> None:
            self.number, self.offset = item.number, item.offset
            self.generation, self.free = item.generation, item.free
            self._item = item

        @cached_property
        def data(self) -> Any:
            return self._item.data

        @property
        def compressible(self) -> Any:
            return self._item.compressible

    def write_once(pdf: Any, *arguments: Any, **options: Any) -> None:
        pdf.objects = [PackedOnce(item) for item in pdf.objects]
        write(pdf, *arguments, **options)

    pydyf.PDF.write = write_once
    try:
        yield
    finally:
        pydyf.PDF.write = write


@_made_for(
    "pydyf",
    "0.13.0",
    reason="it lists the pages again for each tag, and writes each number out each time",
)
@contextmanager
def pages_and_numbers_remembered() -> Iterator[None]:
    """Have the list of pages made once for each count of pages, and numbers written as
    the last time.
    """
    import pydyf

    listed, to_bytes = pydyf.PDF.page_references, pydyf._to_bytes
    lists: dict[int, tuple[Any, int, Any]] = {}  # with its PDF, whose id is no other's then
    numbers: dict[float, bytes] = {}

    def list_pages(pdf: Any) -> Any:
        count = len(pdf.pages["Kids"])
        known = lists.get(id(pdf))
        if known is None or known[1] != count:
            known = lists[id(pdf)] = pdf, count, listed.fget(pdf)
        return known[2]

    def as_bytes(item: Any) -> Any:
        kind = type(item)
        if kind is bytes:
            return item
        if kind is float and item in numbers:
            return numbers[item]
        made = to_bytes(item)
        if kind is float:
            numbers[item] = made
        return made

    pydyf.PDF.page_references, pydyf._to_bytes = property(list_pages), as_bytes
    try:
        yield
    finally:
        pydyf.PDF.page_references, pydyf._to_bytes = listed, to_bytes


@_made_for(
    "great-expectations",
    "1.24.1",
    reason="it sends all warnings of the process to the log as it is imported, and loads"
    " libraries of statistics and of charts that half of its time goes to",
)
def import_great_expectations() -> None:
    """Load the library and leave the warnings of the process where they were. What it
    needs for expectations that no rule is made of is loaded when one of them is used.
    """
    capturing = getattr(logging, "_warnings_showwarning", None) is not None
    with warnings.catch_warnings(), _loaded_when_used("scipy.stats", "altair"):
        warnings.simplefilter("ignore")
        import great_expectations  # noqa: F401
    logging.captureWarnings(capturing)


@contextmanager
def _loaded_when_used(*names: str) -> Iterator[None]:
    """Have those that import a module meanwhile get one that loads it on first use."""
    made = {name: _LoadedWhenUsed(name) for name in names if name not in sys.modules}
    sys.modules.update(made)
    try:
        yield
    finally:
        for name, module in made.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]
            package, _, last = name.rpartition(".")
            holder = vars(sys.modules[package]) if package in sys.modules else {}
            if holder.get(last) is module:
                del holder[last]  # others who import it from its package get it as it is


class _LoadedWhenUsed(ModuleType):
    """Stands for a module until something of it is asked for."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what the import itself asks every module for
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)
