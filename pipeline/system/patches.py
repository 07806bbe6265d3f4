"""Where do we change what a library does, and why? Each patch names its library, the
version that it was made for, and its reason; no other module reaches into a library.

A library is imported only where its patch is put on. `tests/system/test_patches.py`
asks of each whether it is still needed, and of each library whether it is still the one
that was looked at.
"""

from __future__ import annotations

import atexit
import logging
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from types import ModuleType
from typing import TypeVar

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
    "great-expectations",
    "1.24.1",
    reason="it sends all warnings of the process to the log as it is imported",
)
def import_great_expectations() -> None:
    """Load the library and leave the warnings of the process where they were."""
    capturing = getattr(logging, "_warnings_showwarning", None) is not None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import great_expectations  # noqa: F401
    logging.captureWarnings(capturing)


@_made_for(
    "duckdb-engine",
    "0.17.0",
    reason="with Great Expectations its names are kept to the very end: DuckDB prints leaks",
)
def clear_at_exit(engine: ModuleType) -> None:
    """Empty the module duckdb_engine, which is given, before Python ends."""
    atexit.register(vars(engine).clear)
