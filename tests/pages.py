"""How does a test follow a page of the documentation? Its fenced blocks as commands and
as edits of named files.

A block of `sh` is a list of commands. Before any other block stands a sentence that
says which file it goes into:

    Make `path`:
    Add to the end of `path`:
    Add to `path`, below `line`:            also "above" instead of "below", and "each
    `line`" for every one
    In `path`, put instead of `line`:

A block that no such sentence introduces shows something and is not followed.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Pages whose steps need each other: test_pages_followed.py follows them from first to
# last.
FOLLOWED = ("add-a-table", "add-a-report", "add-a-state")
_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<kind>\w*)\n(?P<body>.*?)^ *```$", re.DOTALL | re.MULTILINE
)
_EDIT = re.compile(
    r"(?:(?P<make>Make)|(?P<end>Add\sto\sthe\send\sof)|Add\sto|In)\s`(?P<path>[^`]+)`"
    r"(?:,\s(?P<how>below|above|put\sinstead\sof)\s(?P<each>each\s)?`(?P<line>[^`]+)`)?:\s*\Z"
)
_HOW = {"below": "below", "above": "above", "put instead of": "instead"}


@dataclass(frozen=True)
class Edit:
    """One edit of a file. `how` is "make", "end", "below", "above" or "instead"; `line`
    is the one it is put at.
    """

    path: str
    how: str
    line: str
    is_each: bool
    text: str


@dataclass(frozen=True)
class Command:
    line: str


def steps_of(page: Path) -> list[Edit | Command]:
    """What a page tells to do, in its order."""
    return list(_steps(page.read_text(encoding="utf-8")))


def _steps(text: str) -> Iterator[Edit | Command]:
    for fence in _FENCE.finditer(text):
        body = textwrap.dedent(fence["body"])
        if fence["kind"] == "sh":
            lines = (
                re.split(r"\s+#", line)[0].strip()
                for line in body.replace("\\\n", " ").splitlines()
            )
            yield from (Command(line) for line in lines if line)
            continue
        # Only the sentence right before the block counts.
        if match := _EDIT.search(text[: fence.start()]):
            how = (
                "make"
                if match["make"]
                else "end"
                if match["end"]
                else _HOW[" ".join(match["how"].split())]
            )
            # Indentation is a part of what goes into a file: only that of a list in the
            # page is taken off.
            kept = "".join(
                line.removeprefix(fence["indent"])
                for line in fence["body"].splitlines(keepends=True)
            )
            yield Edit(match["path"], how, match["line"] or "", bool(match["each"]), kept)


def apply_edit(root: Path, edit: Edit) -> None:
    """Do one edit in a working copy. What the page says is there must be there."""
    path = root / edit.path
    if edit.how == "make":
        assert not path.exists(), f"{edit.path} is there already"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(edit.text, encoding="utf-8")
        return
    assert path.is_file(), f"there is no {edit.path}"
    content = path.read_text(encoding="utf-8")
    if edit.how == "end":
        path.write_text(content + edit.text, encoding="utf-8")
        return
    lines = content.splitlines(keepends=True)
    found = [i for i, line in enumerate(lines) if line.strip() == edit.line]
    assert found, f"{edit.path} has no line '{edit.line}'"
    assert edit.is_each or len(found) == 1, f"{edit.path} has {len(found)} lines '{edit.line}'"
    for place in reversed(found):
        start, stop = {
            "below": (place + 1, place + 1),
            "above": (place, place),
            "instead": (place, place + 1),
        }[edit.how]
        lines[start:stop] = [edit.text]
    path.write_text("".join(lines), encoding="utf-8")
