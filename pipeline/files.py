"""How does a finished file get into place? In one step, so that a build that dies leaves the last good one."""

from __future__ import annotations

import os
from pathlib import Path


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
