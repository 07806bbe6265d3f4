"""How is a hostile file made? From a blank form, by one change; registered with the one
finding that must come of it.

A file is the return of a state on organised crime unless its trick is in its name or
kind.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pipeline.contracts.model import Contracts, load_contracts
from pipeline.contracts.template import build_workbook, workbook_bytes

ROOT = Path(__file__).parents[3]
REPORT, ROUND = "octa", 2022
MILLION = 1_000_000
CANARY = "canary-outside-the-folder-kestrel"


@dataclass(frozen=True)
class Traps:
    """What a hostile file tries to reach: a port of this machine, a file outside of its
    folder.
    """

    port: int = 9
    secret: Path = Path("/etc/passwd")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/collect"


@dataclass(frozen=True)
class Hostile:
    """One hostile file. `put` writes it for a state; `at_cell` is true where the rest
    of the file is read.
    """

    name: str
    rule: str
    put: Callable[[Path, str, Traps], None]
    at_cell: bool = False


CORPUS: list[Hostile] = []
Make = Callable[[str, Traps], bytes]
Put = Callable[[Path, str, Traps], None]


def hostile(
    rule: str, suffix: str = "xlsx", *, at_cell: bool = False, cover: bool = False, name: str = ""
) -> Callable[[Make], Make]:
    """Register what makes the bytes of a file `<STATE>.<suffix>`."""

    def add(make: Make) -> Make:
        def put(folder: Path, state: str, traps: Traps) -> None:
            (folder / f"{state}.{suffix}").write_bytes(make(state, traps))
            if cover:
                (folder / f"{state}.cover.csv").write_text(cover_of(state), encoding="utf-8")

        CORPUS.append(Hostile(name or make.__name__, rule, put, at_cell))
        return make

    return add


def in_folder(rule: str, name: str = "") -> Callable[[Put], Put]:
    """Register what puts something else than a plain file, or a file of another name,
    into the folder.
    """

    def add(put: Put) -> Put:
        CORPUS.append(Hostile(name or put.__name__, rule, put))
        return put

    return add


# The good files that the tricks are put into.


@lru_cache(maxsize=1)
def contracts() -> Contracts:
    return load_contracts(ROOT / "data_contracts")


@lru_cache(maxsize=16)
def form(state: str) -> bytes:
    return workbook_bytes(build_workbook(contracts(), REPORT, state=state, round_=ROUND), ROUND)


def cover_of(state: str) -> str:
    return f"field,answer\nreport,{REPORT}\nstate,{state}\nround,{ROUND}\ndate,{ROUND + 1}-03-31\n"


HEADER = "table,state,year,value,obs_status,conf_status,note"


def csv_of(state: str, *, value: str = "800", note: str = "") -> str:
    return f"{HEADER}\nOCT_DRUG_OFFENCES,{state},{ROUND},{value},,,{note}\n"


# The billion laughs: ten entities, each of ten of the one before.
LAUGHS = (
    b"<!DOCTYPE a [<!ENTITY l0 'ha'>"
    + b"".join(b"<!ENTITY l%d '%s'>" % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
    + b"]>"
)
SHEET = "xl/worksheets/sheet2.xml"  # the instructions, of no table
TABLE_SHEET = "xl/worksheets/sheet3.xml"


def rebuilt(
    data: bytes, change: Callable[[str, bytes], bytes], more: dict[str, bytes] | None = None
) -> bytes:
    """The archive with each part changed, and more parts behind them."""
    raw = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            write(new, name, change(name, old.read(name)))
        for name, content in (more or {}).items():
            write(new, name, content)
    return raw.getvalue()


def write(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    part = zipfile.ZipInfo(name, (2023, 3, 31, 0, 0, 0))
    part.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(part, content)


def with_parts(state: str, parts: dict[str, bytes]) -> bytes:
    return rebuilt(form(state), lambda _, content: content, parts)


def with_part_changed(state: str, name: str, change: Callable[[bytes], bytes]) -> bytes:
    return rebuilt(form(state), lambda n, content: change(content) if n == name else content)


def in_sheet(state: str, old: bytes, new: bytes, name: str = SHEET) -> bytes:
    def change(content: bytes) -> bytes:
        assert old in content, f"{name} holds no {old!r}"
        return content.replace(old, new, 1)

    return with_part_changed(state, name, change)


def after_head(content: bytes, declaration: bytes) -> bytes:
    """An XML part with something between its declaration, if any, and its root."""
    head = re.match(rb"\s*<\?xml[^>]*\?>", content)
    end = head.end() if head else 0
    return content[:end] + declaration + content[end:]


def with_relation(
    state: str, kind: str, target: str, *, external: bool = True, part: str = SHEET
) -> bytes:
    """A form one of whose parts refers to something."""
    mode = ' TargetMode="External"' if external else ""
    base = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    folder, name = part.rsplit("/", 1)
    content = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rIdX" Type="{base}/{kind}" Target="{target}"{mode}/></Relationships>'
    )
    return with_parts(state, {f"{folder}/_rels/{name}.rels": content.encode()})


def in_cell(state: str, cell: bytes) -> bytes:
    """A form with one cell written over: the first figure of the first table."""
    return with_part_changed(
        state,
        TABLE_SHEET,
        lambda content: re.sub(
            rb'<c r="C7"[^>]*?(?:/>|>.*?</c>)', lambda _: cell, content, count=1
        ),
    )
