"""Hostile files: what nobody should send, and somebody will. All are made when they are
needed; none is stored.

`python -m tests.returns.hostile.corpus FOLDER` writes each into a folder of its own.
"""

from __future__ import annotations

import sys
from pathlib import Path

# Each of these adds its files to the corpus.
from . import archives, filenames, oldworkbooks, opendocuments, textfiles, workbooks  # noqa: F401
from .forms import CORPUS, Hostile, Traps

__all__ = ["CORPUS", "Hostile", "Traps"]


def main() -> None:
    """Write every file into a folder of its own, for the state RO."""
    folder = Path(sys.argv[1])
    for file in CORPUS:
        target = folder / file.name
        target.mkdir(parents=True)
        file.put(target, "RO", Traps())
    print(f"{len(CORPUS)} hostile files in {folder}")


if __name__ == "__main__":
    main()
