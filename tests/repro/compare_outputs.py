"""Are two folders of outputs the same, before and after a change of the code?

    python -m tests.repro.compare_outputs BEFORE AFTER

Every file must have the same bytes. A DuckDB file is compared table by table, because
its pages lie where the writes put them. What a build notes for itself (locks, times,
digests that tell whether a step is done) is not an output. Covers and manifests name
the commit, so build both from source folders without git. Prints what differs, a line a
file, and ends with 1 if anything does.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

# It tells how long each step took.
PAGE_ON_ROUNDS = "index.html"
# What a build notes for itself, by the name of a file or folder.
NOTES = re.compile(
    r"^\.(kept|times|lock|running|steps|read|validated|numbers|protected|returns|sound|code\.mk)$"
    r"|\.sha256$"
)


def outputs_of(folder: Path) -> dict[str, Path]:
    """Relative path -> file, without the notes of the build."""
    return {
        str(file.relative_to(folder)): file
        for file in sorted(folder.rglob("*"))
        if file.is_file()
        and file != folder / PAGE_ON_ROUNDS
        and not any(NOTES.search(part) for part in file.relative_to(folder).parts)
    }


def tables_of(file: Path) -> dict[str, Any]:
    """Schema and rows of every table of a DuckDB file, rows in an order of their own."""
    with duckdb.connect(str(file), read_only=True) as database:
        names = database.execute(
            "select table_schema, table_name from information_schema.tables order by all"
        ).fetchall()
        return {
            f"{schema}.{name}": (
                database.execute(f'describe "{schema}"."{name}"').fetchall(),
                sorted(map(repr, database.execute(f'from "{schema}"."{name}"').fetchall())),
            )
            for schema, name in names
        }


def differences(before: Path, after: Path) -> Iterator[str]:
    """What differs, a line a file."""
    old, new = outputs_of(before), outputs_of(after)
    for name in sorted({*old, *new}):
        if name not in new or name not in old:
            yield f"{name}: only in {'the first' if name in old else 'the second'}"
            continue
        first, second = old[name].read_bytes(), new[name].read_bytes()
        if first == second:
            continue
        if name.endswith(".duckdb"):
            one, other = tables_of(old[name]), tables_of(new[name])
            if one != other:
                tables = sorted(t for t in {*one, *other} if one.get(t) != other.get(t))
                yield f"{name}: tables differ: {', '.join(tables)}"
        else:
            yield f"{name}: {len(first):,} and {len(second):,} bytes differ"


def main(arguments: list[str]) -> int:
    if len(arguments) != 2:
        print(__doc__)
        return 2
    before, after = map(Path, arguments)
    met = len(outputs_of(before))
    if met == 0 or not outputs_of(after):
        print("one of the folders holds no outputs: nothing was compared")
        return 1
    found = list(differences(before, after))
    print("\n".join(found or [f"{met:,} files: no difference"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
