"""How is a file opened that nobody vouches for? In a process of its own with little
memory, little time and no files.

What comes back is JSON: text and places, no objects. Whatever happens to that process
is a finding about the file.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, BinaryIO

from pipeline.project import CODE_ROOT
from pipeline.returns.formats.archive import MAX_FILE
from pipeline.returns.formats.bounds import check_bounds
from pipeline.returns.formats.csvtext import inflate, read_csv
from pipeline.returns.formats.kinds import FileKind, kind_of
from pipeline.returns.formats.raw import (
    CsvRecord,
    CsvText,
    DamagedFile,
    RawCell,
    RawSheet,
    RawWorkbook,
)
from pipeline.system.confine import require_guard


@dataclass(frozen=True)
class Opened:
    """A file that could be read: what kind it is, and its cells or lines."""

    kind: FileKind
    content: RawWorkbook | CsvText


def open_file(
    data: bytes, state: str, *, names: Iterable[str], words: Iterable[str] = ()
) -> Opened:
    """Read the bytes of one file in a bound process. `names` are the column names a CSV
    file may have.

    `words` tell the code page of a CSV file that is no UTF-8.

    Raises DamagedFile when the file is damaged, hostile, or takes more than its share
    of memory or time.
    """
    if len(data) > MAX_FILE:
        raise DamagedFile("unsafe-file", f"{len(data):,} bytes")
    with _a_reader() as reader:
        answer = reader.ask(data, {"state": state, "names": sorted(names), "words": sorted(words)})
    if "rule" in answer:
        raise DamagedFile(answer["rule"], answer["found"])
    return _from_json(answer)


class _Reader:
    """The clean process that forks a bound child per file: it holds libraries, and no
    figure of any state.

    Raises UserError where the kernel cannot bind a child.
    """

    def __init__(self) -> None:
        require_guard()
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-B", "-m", "pipeline.returns.formats.inside"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # who interrupts the program at the terminal ends it by closing its pipes
            start_new_session=True,
            env={
                "PATH": os.environ.get("PATH", ""),
                "PYTHONPATH": str(CODE_ROOT),
                "LC_ALL": "C.UTF-8",
            },
        )

    def ask(self, data: bytes, question: dict[str, Any]) -> dict[str, Any]:
        """The answer of one child. Raises RuntimeError when the process itself has
        ended: a bug, or a kill.
        """
        assert self.process.stdin
        assert self.process.stdout
        try:
            send(self.process.stdin, json.dumps(question).encode())
            send(self.process.stdin, data)
            answer = receive(self.process.stdout)
        except BrokenPipeError:
            answer = None
        if answer is None:
            raise RuntimeError("the process that reads files has ended")
        told: dict[str, Any] = json.loads(answer)
        return told

    def close(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                with suppress(BrokenPipeError):
                    pipe.close()
        self.process.wait()


# started once, used by one thread at a time, as many as threads ever asked at once
_idle: list[_Reader] = []
# A forked process must not talk to the readers of its parent: it starts its own.
os.register_at_fork(after_in_child=_idle.clear)


@contextmanager
def _a_reader() -> Iterator[_Reader]:
    """A reader that nobody else uses meanwhile. One that failed or has ended is not
    used again.
    """
    try:
        reader = _idle.pop()
    except IndexError:
        reader = _Reader()
    if reader.process.poll() is not None:
        reader.close()
        reader = _Reader()
    try:
        yield reader
    except BaseException:
        reader.process.kill()
        reader.close()
        raise
    _idle.append(reader)


@atexit.register
def _close_readers() -> None:
    while _idle:
        _idle.pop().close()


def send(stream: BinaryIO | Any, content: bytes) -> None:
    stream.write(len(content).to_bytes(8, "big") + content)
    stream.flush()


def receive(stream: BinaryIO | Any) -> bytes | None:
    """The next message; None when the other side has closed."""
    head = stream.read(8)
    if len(head) < 8:
        return None
    content: bytes = stream.read(int.from_bytes(head, "big"))
    return content


def read_bytes(
    data: bytes, state: str, *, names: Iterable[str], words: Iterable[str] = ()
) -> Opened:
    """Read the bytes of one file in this process. Raises DamagedFile."""
    from pipeline.returns.formats.ods import read_ods
    from pipeline.returns.formats.xls import read_xls
    from pipeline.returns.formats.xlsx import read_xlsx

    kind = kind_of(data)
    if kind in ("csv", "csv.gz"):
        text = inflate(data) if kind == "csv.gz" else data
        return Opened(kind, read_csv(text, state, names=set(names), words=frozenset(words)))
    reader = {"xlsx": read_xlsx, "xls": read_xls, "ods": read_ods}[kind]
    return Opened(kind, check_bounds(reader(data)))


# Between the two processes.


def as_json(opened: Opened) -> dict[str, Any]:
    """The content of a file as lists and texts."""
    content = opened.content
    if isinstance(content, CsvText):
        records = [(r.line, r.fields) for r in content.records]
        return {
            "kind": opened.kind,
            "records": records,
            "encoding": content.encoding,
            "delimiter": content.delimiter,
        }
    sheets = [
        {
            "name": s.name,
            "hidden": s.hidden,
            "merged": s.merged,
            "rows": sorted(s.hidden_rows),
            "columns": sorted(s.hidden_columns),
            "cells": [
                (*place, c.address, c.text, c.kind, c.formula) for place, c in s.cells.items()
            ],
        }
        for s in content.sheets
    ]
    return {
        "kind": opened.kind,
        "sheets": sheets,
        "active": content.active_content,
        "formulas": content.formulas_seen,
    }


def _from_json(answer: dict[str, Any]) -> Opened:
    if "records" in answer:
        records = tuple(CsvRecord(line, tuple(fields)) for line, fields in answer["records"])
        return Opened(answer["kind"], CsvText(records, answer["encoding"], answer["delimiter"]))
    sheets = tuple(
        RawSheet(
            s["name"],
            s["hidden"],
            {(row, column): RawCell(s["name"], *rest) for row, column, *rest in s["cells"]},
            tuple((a, b, c, d) for a, b, c, d in s["merged"]),
            frozenset(s["rows"]),
            frozenset(s["columns"]),
        )
        for s in answer["sheets"]
    )
    return Opened(answer["kind"], RawWorkbook(sheets, tuple(answer["active"]), answer["formulas"]))
