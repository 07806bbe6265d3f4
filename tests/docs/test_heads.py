"""Does every module of the pipeline open with a short question of its own?"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest
from builds import ROOT

WIDTH = 88
FILES = sorted((ROOT / "pipeline").rglob("*.py"))


@cache
def head_of(file: Path) -> str:
    """The docstring of a module as it stands in the file, its quotes included."""
    text = file.read_text(encoding="utf-8")
    tree = ast.parse(text)
    if ast.get_docstring(tree) is None:
        return ""
    first = tree.body[0]
    return "\n".join(text.splitlines()[first.lineno - 1 : first.end_lineno])


def question_of(head: str) -> str:
    """The first sentence where it is a question; empty where it is none. A point inside
    a name, as in exhibits.yaml, ends no sentence.
    """
    text = " ".join(head.removeprefix('"""').removesuffix('"""').split())
    first = re.match(r".*?[.!?](?=\s|$)", text)
    return first[0] if first and first[0].endswith("?") else ""


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_module_opens_with_a_short_question(file: Path) -> None:
    head = head_of(file)
    question = question_of(head)
    assert question, f"the first sentence is no question: {head[:120]}"
    assert len(question) <= WIDTH, f"{len(question)} letters: {question}"
    assert not [line for line in head.splitlines() if len(line) > WIDTH]


def test_no_two_modules_ask_the_same() -> None:
    asked = defaultdict(list)
    for file in FILES:
        asked[question_of(head_of(file)).casefold()].append(str(file.relative_to(ROOT)))
    assert len(asked) > 200
    assert not {question: files for question, files in asked.items() if len(files) > 1}


@pytest.mark.parametrize(
    ("head", "question"),
    [
        ('"""Which cells add up? The sums."""', "Which cells add up?"),
        ('"""What may stand in exhibits.yaml? Fields."""', "What may stand in exhibits.yaml?"),
        ('"""The commands: who signs? Nobody."""', "The commands: who signs?"),
        ('"""Cells. Which are they?"""', ""),
        ("", ""),
    ],
)
def test_the_question_is_the_first_sentence_or_there_is_none(head: str, question: str) -> None:
    assert question_of(head) == question
