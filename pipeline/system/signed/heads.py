"""How many events does each record hold? `heads.jsonl` of the releases notes every
event of all records of the folder.

It is a chain of its own, and every event signs its last line: whoever takes the end off
one record has to take off what was written since in every record. It is written after
the record; where a run died between the two, the next completes it, and the same line
comes out.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.errors import SignOffError
from pipeline.system.files import write_private
from pipeline.system.signed.event_lines import (
    RESTORE,
    START,
    before,
    digest,
    file_of,
    lines_of,
    loosely,
    parsed,
    written,
)

HEADS = "heads.jsonl"
# in a register that was put together as it was on a day: it has no records beside it
OF_A_DAY = "known-on.txt"
_RECORDS = ("*.jsonl", "*/*.jsonl", "*/*/*.jsonl")  # the folders of drafts and editions lie deeper


def read_heads(folder: Path) -> list[bytes]:
    """The lines of the heads, checked against every record of the folder.

    Raises SignOffError that names the first line that is not as it was written, here or
    in a record.
    """
    lines = lines_of(folder / HEADS)
    for number, line in enumerate(lines, 1):
        entry = parsed(line, f"{HEADS} line {number}")
        if entry.get("number") != number or entry.get("previous") != before(lines, number):
            raise SignOffError(
                "this line does not follow from the one before",
                where=f"{HEADS} line {number}",
                allowed="the lines as the pipeline wrote them",
                do=RESTORE,
            )
    records = dict(_records(folder))
    noted = [loosely(line) for line in lines]
    for entry in noted:
        _require_there(records, noted, entry=entry)
    for name, (path, of_record) in records.items():
        count = sum(entry.get("record") == name for entry in noted)
        for number, line in enumerate(of_record, 1):
            require_known(lines, loosely(line).get("heads"), by=f"{path.name} line {number}")
        if len(of_record) > count and (
            len(of_record) > count + 1 or not _is_next(lines, of_record[-1])
        ):
            raise SignOffError(
                f"this event is not noted in {HEADS}",
                where=f"{path.name} line {count + 1}",
                allowed="events that the pipeline wrote in both",
                do=RESTORE,
            )
    return lines


def require_heads(folder: Path) -> None:
    """Raises SignOffError where any record of the folder is not as it was noted, or is
    gone.
    """
    if keeps_heads(folder):
        read_heads(folder)


def _require_there(
    records: dict[str, tuple[Path, list[bytes]]],
    noted: list[dict[str, Any]],
    *,
    entry: dict[str, Any],
) -> None:
    name = entry.get("record", "")
    number = entry.get("event", 0)
    path, lines = records.get(name, (Path(f"the record '{name}'"), []))
    if number > len(lines):
        count = sum(other.get("record") == name for other in noted)
        raise SignOffError(
            f"lines at the end are gone: {HEADS} knows {count} events, {len(lines)} are there",
            where=f"{path.name} line {len(lines) + 1}",
            allowed="the whole record",
            do=RESTORE,
        )
    if digest(lines[number - 1]) != entry.get("sha256"):
        raise SignOffError(
            f"this line is not the one that was noted in {HEADS}",
            where=f"{path.name} line {number}",
            allowed="the lines as the pipeline wrote them",
            do=RESTORE,
        )


def require_known(lines: list[bytes], heads: object, *, by: str) -> None:
    """Raises SignOffError unless the heads hold what an event says of them: the number
    of their last line, its hash.
    """
    match heads:
        case [0, str(sha256)] if sha256 == START:
            return
        case [int(number), str(sha256)] if (
            0 < number <= len(lines) and digest(lines[number - 1]) == sha256
        ):
            return
        case _:
            raise SignOffError(
                f"it is not what {by} names: lines were cut off or written anew",
                where=HEADS,
                allowed="the file as it was then, with what followed",
                do=RESTORE,
            )


def end_of(lines: list[bytes]) -> list[object]:
    """What an event says of the heads when it is written."""
    return [len(lines), digest(lines[-1]) if lines else START]


def complete(folder: Path) -> list[bytes]:
    """Note the event that is not noted yet, if there is one, and return all lines of
    the heads.
    """
    if (folder / OF_A_DAY).exists():
        raise SignOffError(
            "this is a register as it was on a day",
            where=str(folder),
            allowed="reading",
            do="use the register itself",
        )
    lines = read_heads(folder)
    for name, (_, of_record) in _records(folder):
        count = sum(loosely(line).get("record") == name for line in lines)
        if len(of_record) > count:
            entry = {
                "number": len(lines) + 1,
                "record": name,
                "event": count + 1,
                "sha256": digest(of_record[-1]),
            }
            entry["previous"] = digest(lines[-1]) if lines else START
            entry |= {"rehearsal": True} if "rehearsal" in loosely(of_record[-1]) else {}
            lines = [*lines, written(entry)]
            write_private(folder / HEADS, file_of(lines))
            break
    return lines


def keeps_heads(folder: Path) -> bool:
    """Whether the records of a folder are noted. They are, but in a register as it was
    on a day, which has no records of people beside it.
    """
    others = (HEADS, "signoff", "accepted", "copies", "drafts", "editions")
    return not (folder / OF_A_DAY).exists() or any((folder / name).exists() for name in others)


def sealed_beside(folder: Path, name: str) -> Iterator[tuple[str, object]]:
    """What the events of the folder say of a file that is no record of people, such as
    the journal of the archive.
    """
    for _, (path, lines) in _records(folder):
        for number, event in enumerate(map(loosely, lines), 1):
            if isinstance(beside := event.get("journals"), dict) and name in beside:
                yield f"{path.name} line {number}", beside[name]


def _is_next(lines: list[bytes], line: bytes) -> bool:
    return loosely(line).get("heads") == end_of(lines)


def _records(folder: Path) -> Iterator[tuple[str, tuple[Path, list[bytes]]]]:
    """Each record of the folder by its name, with its file and lines, unchecked.
    Records from before events were signed have no name; those who read them refuse
    them. Raises SignOffError where two files are one record.
    """
    found: dict[str, Path] = {}
    for pattern in _RECORDS:
        for path in sorted(folder.glob(pattern)):
            lines = (
                []
                if path.name == HEADS
                else [line for line in path.read_bytes().split(b"\n") if line]
            )
            name = next(
                (
                    e["record"]
                    for line in lines
                    if isinstance((e := loosely(line)).get("record"), str)
                ),
                None,
            )
            if name is None:
                continue
            if name in found:
                raise SignOffError(
                    f"two files are the record '{name}': {found[name].name} and {path.name}",
                    where=str(folder),
                    allowed="one file a record",
                    do="move the copy away",
                )
            found[name] = path
            yield name, (path, lines)
