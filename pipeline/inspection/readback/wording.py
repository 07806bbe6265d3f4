"""Which words with digits are public as they are? Labels, descriptions, titles and
references of public files.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from pipeline.contracts.answer import FEEDBACK
from pipeline.contracts.known_errors import REGISTER
from pipeline.contracts.model import Contracts, load_contracts
from pipeline.contracts.offices import FILES as OFFICES
from pipeline.contracts.settings import SETTINGS
from pipeline.report.charts.maps import NOTES
from pipeline.report.document.compose import read_definition
from pipeline.report.narrative.bound_text import MESSAGES
from pipeline.report.narrative.sections import read_sections
from pipeline.system.yaml_files import read_text, read_yaml

# Said by the report's own code, with the symbols that its tables use.
FIXED = (
    *NOTES,
    "<5: only counts suppressed by the sender",
    "per 100,000 inhabitants",
    "Per 100,000 inhabitants",
)
_NUMBERS_OF_LISTS = ("sort", "valid_from", "valid_to")  # columns of code lists that nobody prints
NUMBER_EXCEPTIONS = "number_exceptions.yaml"
# Narratives that functions of the chapters print, which bear other names.
_PRINTED_BY = {"judgement": ("judged",)}
_HELD = re.compile(r'{%-? (?:include|extends) "([^"]+)"')
SYMBOLS = ("0", "<5", "0n")


@lru_cache(maxsize=2)
def public_wording(root: Path) -> tuple[str, ...]:
    """Every text of contracts, code lists and templates that holds a digit; narrative
    texts hold none of their own.

    A label of a code list stands in small letters too where it follows another one:
    `Female, adults (18 and over)`.
    """
    found = set(FIXED)
    for path in sorted(
        [*(root / "data_contracts").glob("*.yaml"), *(root / "templates").glob("**/*.yaml")]
    ):
        # Numbers are excused in their places alone, which the number audit knows;
        # errors of states are nobody else's.
        if path.name in (NUMBER_EXCEPTIONS, REGISTER, FEEDBACK, *OFFICES, *SETTINGS):
            continue
        found |= set(_leaves(read_yaml(path).content))
    for path in sorted((root / "data_contracts" / "codelists").glob("**/*.csv")):
        head, *lines = list(csv.reader(io.StringIO(read_text(path), newline="")))
        said = [i for i, name in enumerate(head) if name not in _NUMBERS_OF_LISTS]
        found |= {line[i] for line in lines for i in said if i < len(line)}
        found |= {line[head.index("label")].lower() for line in lines if "label" in head}
    for path in sorted((root / "templates").glob("*/chapters/*.j2")):
        found |= set(re.findall(r'"([^"\n]*)"', read_text(path)))
    return tuple(sorted(t for t in found if re.search(r"\d", t)))


@lru_cache(maxsize=2)
def public_contracts(root: Path) -> Contracts:
    """Cubes, code lists and their labels, as everybody may read them."""
    return load_contracts(root / "data_contracts")


def narratives(root: Path, report: str) -> list[Path]:
    """All narratives of a report, its own and the shared ones, those of single rounds
    too.
    """
    folders = (
        root / "templates" / report / "narrative",
        root / "templates" / "shared" / "narrative",
    )
    return [f for folder in folders for f in sorted(folder.rglob("*.md"))]


def split_narratives(root: Path, report: str, *, version: str) -> tuple[list[str], list[str]]:
    """The narratives that a version prints from, and those that it does not. It prints
    from those that the templates of its chapters name, and of the messages from those of
    the exhibits that they name.
    """
    definition = read_definition(root / "templates", report, version=version)
    chapters = (*definition.chapters, *definition.key_findings)
    said = "\n".join(_chapter(root / "templates", report, name=name) for name in chapters)
    exhibits = {name.lower() for name in re.findall(r'"(\w+)"', said)}
    read: list[str] = []
    unread: list[str] = []
    for path in narratives(root, report):
        if path.stem == MESSAGES:
            for name, section in read_sections(path).items():
                (read if name in exhibits else unread).append(section.text)
        else:
            calls = [f'"{path.stem}"', *(f"{name}(" for name in _PRINTED_BY.get(path.stem, ()))]
            (read if any(c in said for c in calls) else unread).append(read_text(path))
    return read, unread


def _chapter(templates: Path, report: str, *, name: str) -> str:
    """The template of a chapter, with those that it includes or goes on from."""
    paths = [templates / folder / "chapters" / f"{name}.html.j2" for folder in (report, "shared")]
    return next((_with_held(p, templates) for p in paths if p.is_file()), "")


def _with_held(path: Path, templates: Path) -> str:
    text = read_text(path)
    held = (templates / name for name in _HELD.findall(text))
    return "\n".join([text, *(_with_held(own, templates) for own in held if own.is_file())])


def public_texts(root: Path, narratives: list[str]) -> str:
    """What contracts, code lists, templates, the given narratives and the report's own
    code say: no secret is in it.
    """
    kinds = (
        ("data_contracts", "*.yaml"),
        ("data_contracts", "*.csv"),
        ("templates", "*.yaml"),
        ("templates", "*.j2"),
        ("pipeline/report", "*.py"),
        ("pipeline/report/open_data", "*.py"),
    )
    files = [
        f
        for folder, kind in kinds
        for f in sorted((root / folder).rglob(kind))
        if f.name
        not in (REGISTER, FEEDBACK, *OFFICES, *SETTINGS)  # written about states, and to them
    ]
    return "\n".join([*(read_text(f) for f in files), *narratives])


def _leaves(content: Any) -> Iterator[str]:
    if isinstance(content, dict):
        for key, value in content.items():
            yield from _leaves(key)
            yield from _leaves(value)
    elif isinstance(content, list):
        for value in content:
            yield from _leaves(value)
    elif isinstance(content, str):
        yield content
