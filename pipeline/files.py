"""How does a finished file get into place? In one step, so that a build that dies leaves the last good one."""

from __future__ import annotations

import os
from pathlib import Path

# What a spreadsheet takes for a formula at the beginning of a cell, the wide forms of East Asian keyboards included.
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_BREAKS = ("\t", "\r", "\n")


def guarded(text: str) -> str:
    """A text that no spreadsheet runs as a formula: where it would begin like one, an apostrophe stands before it."""
    starts = text.lstrip(" \u00a0\u200b\ufeff").startswith((*_FORMULA, *_BREAKS)) or text.startswith(_BREAKS)
    return f"'{text}" if starts else text


def replace_file(temporary: Path, final: Path) -> None:
    """Put a finished file in place of an earlier one; the folder is made where it is missing."""
    final.parent.mkdir(parents=True, exist_ok=True)
    os.replace(temporary, final)


def write_file(final: Path, content: bytes) -> None:
    """Write a file in one step."""
    final.parent.mkdir(parents=True, exist_ok=True)
    temporary = final.with_name(f".{final.name}.writing")
    temporary.write_bytes(content)
    os.replace(temporary, final)


def write_private(final: Path, content: bytes) -> bool:
    """Write a file that only its owner may read, in a folder like it. Returns whether its content changed."""
    final.parent.mkdir(parents=True, exist_ok=True)
    final.parent.chmod(0o700)
    if final.is_file() and final.read_bytes() == content:
        final.chmod(0o600)
        return False
    temporary = final.with_name(f".{final.name}.writing")
    temporary.unlink(missing_ok=True)
    # Made with its mode, because between making and changing it others could open it.
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    os.replace(temporary, final)
    return True
