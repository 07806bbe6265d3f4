"""Where do we change what a library does, and why? Each patch with its library, the
version that it was made for, and its reason; no other module reaches into a library.

A library is imported only where its patch is put on. `tests/system/test_patches.py` asks
of each whether it is still needed, and of each library whether it is still the one that
was looked at.
"""

from __future__ import annotations

import atexit
import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from types import ModuleType


@dataclass(frozen=True)
class Patch:
    """What is changed in which version of a library, and why."""

    name: str
    library: str  # as its package is called
    version: str
    reason: str


CUT_BY_FONTTOOLS = Patch(
    "fonts are cut by fontTools",
    "weasyprint",
    "70.0",
    "it cuts fonts with HarfBuzz where the machine has it, to other bytes than elsewhere",
)
DATED_FONTS = Patch(
    "cut fonts are dated by the document",
    "fonttools",
    "4.68.0",
    "it dates a font that it changes by the clock",
)
QUIET_IMPORT = Patch(
    "warnings of the process stay where they were",
    "great-expectations",
    "1.24.1",
    "it sends all warnings of the process to the log as it is imported",
)
QUIET_EXIT = Patch(
    "DuckDB is let go of before Python ends",
    "duckdb-engine",
    "0.17.0",
    "with Great Expectations loaded its names are kept to the very end, and DuckDB then"
    " prints pages on leaks",
)
PATCHES = (CUT_BY_FONTTOOLS, DATED_FONTS, QUIET_IMPORT, QUIET_EXIT)

# What WeasyPrint says to CUT_BY_FONTTOOLS.
SAID_OF_FONTS = "Using fontTools instead of HarfBuzz-Subset"


@contextmanager
def fonts_cut_by_fonttools() -> Iterator[None]:
    """CUT_BY_FONTTOOLS, while a PDF is written."""
    from weasyprint.pdf import fonts

    cutter = fonts.harfbuzz_subset
    fonts.harfbuzz_subset = None
    try:
        yield
    finally:
        fonts.harfbuzz_subset = cutter


@contextmanager
def fonts_dated(date: datetime) -> Iterator[None]:
    """DATED_FONTS, while a PDF is written."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    os.environ["SOURCE_DATE_EPOCH"] = str(int(date.timestamp()))
    try:
        yield
    finally:
        if epoch is None:
            del os.environ["SOURCE_DATE_EPOCH"]
        else:
            os.environ["SOURCE_DATE_EPOCH"] = epoch


def import_great_expectations() -> None:
    """QUIET_IMPORT: load the library without its side effects."""
    capturing = getattr(logging, "_warnings_showwarning", None) is not None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import great_expectations  # noqa: F401
    logging.captureWarnings(capturing)


def clear_at_exit(engine: ModuleType) -> None:
    """QUIET_EXIT for the module duckdb_engine."""
    atexit.register(vars(engine).clear)
