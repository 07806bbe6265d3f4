"""Is YAML read so that nothing in it means something else than it reads? Every refusal
is a sentence with a line.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from builds import ROOT

from pipeline.errors import ContractError
from pipeline.system.yaml_files import faults, read_yaml

PLACE = re.compile(r"^file\.yaml line [0-9]+, column [0-9]+: ")
BOMB = "a: &a [x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join([f'*{chr(97 + i)}'] * 8)}]\n" for i in range(12)
)
CHAIN = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 600))


def file_of(folder: Path, content: str | bytes) -> Path:
    path = folder / "file.yaml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 3, column 1: 'a' stands twice, first in line 1"),
        ("x:\n  - {a: 1, b: 2, a: 1}\n", "line 2, column 18: 'a' stands twice, first in line 2"),
        ("a: 1\n'a': 2\n", "line 2, column 1: 'a' stands twice"),
        ("a:\n\t- b\n", "line 2, column 1: a tab"),
        ("a: b\tc\n", "line 1, column 5: a tab"),
        ("a: [1\nb: 2\n", "cannot be read as YAML"),
        ("a: *nobody\n", "undefined alias"),
        ("a: b: c\n", "a text that holds a colon and a blank stands in quotes"),
        ("a: 'open\n", "cannot be read as YAML"),
        ("a: 1\n---\nb: 2\n", "a file holds one document"),
        ("<<: {a: 1}\n", "this is no name of an entry"),
        ("? [a]\n: 1\n", "this is no name of an entry"),
        ("'': 1\n", "an entry without a name"),
        ("a: &x [*x]\n", "an entry repeats itself within itself"),
        (BOMB, "more than 400,000 values"),
        (CHAIN, "entries within each other, more than 40 deep"),
        ("[" * 50_000, "entries within each other, more than 40 deep"),
        ("- " * 50_000, "entries within each other, more than 40 deep"),
        ("a: !!python/object/apply:os.system [id]\n", "the tag !!python/object/apply:os.system"),
        ("a: !!binary aGVsbG8=\n", "the tag !!binary"),
        ("a: !own x\n", "the tag !own"),
        ("a: x\u200by\n", "U+200B, zero width space"),
        ("a: x\u2028y\n", "U+2028, line separator"),
        ("a: x\x07y\n", "U+0007, a control character"),
        *(
            (f"a: {text}\n", f"{text} may be read in more than one way")
            for text in (
                "NO",
                "no",
                "Off",
                "on",
                "yes",
                "012",
                "0x10",
                "0b1",
                "1_000",
                "1:30",
                ".nan",
                ".inf",
                "-.inf",
                "1.",
                ".5",
                "2022-01-01T10:00:00",
                "=",
                "123456789012345678",
            )
        ),
    ],
)
def test_what_may_mean_something_else_is_refused(tmp_path: Path, content: str, told: str) -> None:
    with pytest.raises(ContractError) as problem:
        read_yaml(file_of(tmp_path, content))
    assert told in str(problem.value)
    assert PLACE.match(str(problem.value))
    assert problem.value.do


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "the file is empty"),
        (b"# only a comment\n", "the file is empty"),
        (b"a: 1\nb: caf\xe9\n", "file.yaml line 2: byte 7 of this line, 0xe9, is not UTF-8"),
        ("a: 1\n".encode("utf-16"), "is not UTF-8"),
        (b"a: " + b"x" * 5_000_000, "more than 4,000,000 bytes"),
    ],
)
def test_a_file_that_holds_no_text_is_refused(tmp_path: Path, content: bytes, told: str) -> None:
    with pytest.raises(ContractError) as problem:
        read_yaml(file_of(tmp_path, content))
    assert told in str(problem.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "file.yaml", tmp_path):
        with pytest.raises(ContractError, match=f"{path.name}: the file cannot be read"):
            read_yaml(path)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("-3", -3),
        ("0", 0),
        ("1.5", 1.5),
        ("true", True),
        ("False", False),
        ("", None),
        ("null", None),
        ("'NO'", "NO"),
        ('"012"', "012"),
        ("2022-01-01", "2022-01-01"),
        ("2024-13-01", "2024-13-01"),
        ("1.0.0", "1.0.0"),
        ("RO", "RO"),
        ("0o7", "0o7"),
        ("!!str 5", "5"),
        ("|-\n  two\n  lines", "two\nlines"),
        ("[a, 'b']", ["a", "b"]),
        ("{b: 1}", {"b": 1}),
    ],
)
def test_what_can_mean_one_thing_is_read_as_it_stands(
    tmp_path: Path, text: str, value: object
) -> None:
    for before, after in (("", "\n"), ("\ufeff", "\n"), ("", "\r\n")):
        content = f"{before}a: {text}".replace("\n", after) + after
        read = read_yaml(file_of(tmp_path, content)).content["a"]
        assert (read, type(read)) == (value, type(value))


def test_a_shared_part_stands_where_it_is_repeated(tmp_path: Path) -> None:
    file = read_yaml(file_of(tmp_path, "a: &one {x: 1}\nb:\n  - *one\n  - NAME: 2\n"))
    assert file.content == {"a": {"x": 1}, "b": [{"x": 1}, {"NAME": 2}]}
    assert file.line(("b", 0, "x")) == 1
    assert file.place(("b", 1, "NAME")) == "line 4, b.2.NAME"
    assert file.line(("b", 7, "gone")) == 2
    file.content["a"]["x"] = 9  # a part that is shared in the file is not shared in memory
    assert file.content["b"][0]["x"] == 1


def test_a_schema_is_told_in_sentences_with_lines(tmp_path: Path) -> None:
    schema = {
        "type": "object",
        "additionalProperties": False,
        "required": ["title", "days"],
        "properties": {
            "title": {"type": "string"},
            "days": {"type": "integer", "maximum": 9},
            "kind": {"enum": ["one", "two"]},
            "tables": {"anyOf": [{"const": "all"}, {"type": "array", "items": {"type": "string"}}]},
        },
    }
    file = read_yaml(
        file_of(tmp_path, "title: 2022\ndays: 5.0\nkind: three\ncolour: red\ntables: [a, 7]\n")
    )
    assert sorted(file.against(schema)) == [
        "line 1, title: the number 2022 stands where a text is meant; put it in quotes",
        "line 1: nobody reads 'colour'; known are title, days, kind, tables",
        "line 2, days: the number 5.0 stands where a whole number is meant",
        "line 3, kind: 'three' is not one of one, two",
        "line 5, tables.2: the number 7 stands where a text is meant; put it in quotes",
    ]
    assert [what for _, what in faults({"title": "x", "days": 1, "tables": 3}, schema)] == [
        "the number 3 stands where 'all' or a list is meant"
    ]
    assert [what for _, what in faults({"title": "x"}, schema)] == ["'days' is missing"]


def test_all_yaml_goes_through_the_strict_reader() -> None:
    """No other module of the program imports the library, so nothing can be read by
    halves.
    """
    readers = []
    for path in sorted([*(ROOT / "pipeline").rglob("*.py"), *(ROOT / "tools").glob("*.py")]):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.split(".")[0] in ("yaml", "ruamel") for name in names):
                readers.append(path.relative_to(ROOT).as_posix())
            if (
                isinstance(node, ast.Attribute)
                and node.attr in ("from_string", "from_file")
                and "odcs" in str(path)
            ):
                readers.append(path.relative_to(ROOT).as_posix())
    assert readers == ["pipeline/system/yaml_files.py"]
