"""Which words are not written in the reports? Those of `templates/shared/style.yaml`,
each with what to write instead.

`docs/style.md` gives the reasons. What is bound is not judged: names and figures are as
the data have them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pipeline.errors import ContractError, NarrativeError
from pipeline.report.narrative.unbound import BINDING, VARIABLE
from pipeline.system.yaml_files import YamlFile, name_of, read_yaml

FILE = "shared/style.yaml"
PAGE = "docs/style.md"
_TEXT = {"type": "string", "minLength": 1}
_SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["words", "write"],
        "properties": {"words": {"type": "array", "minItems": 1, "items": _TEXT}, "write": _TEXT},
    },
}


@dataclass(frozen=True)
class StyleRule:
    """Words that are not written, as one pattern, and what to write in their place."""

    words: re.Pattern[str]
    write: str


@lru_cache(maxsize=4)
def read_style_rules(templates: Path) -> tuple[StyleRule, ...]:
    """The rules of a folder of templates; none where it has no such file. Raises
    ContractError with the line of what is wrong.
    """
    path = templates / FILE
    if not path.is_file():
        return ()
    file = read_yaml(path)
    if wrong := [*file.against(_SCHEMA)] or [*_unreadable(file)]:
        raise ContractError("\n".join(wrong), where=name_of(path), do=f"correct it; see {PAGE}")
    return tuple(StyleRule(_pattern(entry["words"]), entry["write"]) for entry in file.content)


def _pattern(words: list[str]) -> re.Pattern[str]:
    """Whole words; a star at the end stands for any ending."""
    parts = "|".join(re.escape(w).replace(r"\*", r"\w*").replace(r"\ ", r"\s+") for w in words)
    return re.compile(rf"\b(?:{parts})\b", re.IGNORECASE)


def _unreadable(file: YamlFile) -> Iterator[str]:
    """Entries that name a word twice, in this entry or another one."""
    seen: set[str] = set()
    entries: list[dict[str, Any]] = file.content
    for number, entry in enumerate(entries):
        for place, word in enumerate(entry["words"]):
            if word.lower() in seen:
                yield f"{file.place((number, 'words', place))}: '{word}' stands here twice"
            seen.add(word.lower())


def style_faults(
    sentence: str, where: str, *, rules: tuple[StyleRule, ...]
) -> Iterator[NarrativeError]:
    """Words of a sentence that are not written."""
    plain = " ".join(BINDING.sub(" \x00 ", VARIABLE.sub(" \x00 ", sentence)).split())
    for rule in rules:
        if found := rule.words.search(plain):
            yield NarrativeError(
                f"'{found[0]}' is not written in these reports",
                where=where,
                allowed=rule.write,
                do=f"say it in other words; see {PAGE}",
            )
