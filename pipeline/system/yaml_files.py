"""What does a YAML file say, and where? Read strictly: nothing in it may mean something
else than it reads.

YAML lets much pass that a person did not mean: of a key that stands twice the last one
counts, `NO` is false, `012` is ten, `1:30` is ninety. All of that is refused here, with
file and line. A day is read as the text that it is. Whoever needs to know where an
entry stands asks `YamlFile.place`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipeline.errors import ContractError

LARGEST = 4_000_000  # bytes; the largest of our own has 40,000
DEEPEST = 40  # lists and entries within each other
MOST = 400_000  # values, with what `*name` repeats counted where it stands

# the same in C where it was built, ten times as fast
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+([eE][-+]?[0-9]{1,2})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TRUTH = {"true": True, "false": False}
_NOTHING = ("", "~", "null")
_LONGEST_NUMBER = 15  # digits; more than a double holds is no number that anybody means

# keys and positions that lead to an entry: ("versions", "public", "bound", 0)
Path_ = Sequence[Any]


@dataclass(frozen=True)
class YamlFile:
    """The content of a file, and where each entry of it stands."""

    path: Path
    content: Any
    _root: Any = field(repr=False, compare=False)

    def line(self, path: Path_ = ()) -> int:
        """The line of an entry, or of the last one on the way to it that is there."""
        node = mark = self._root
        for step in path:
            found = _step(node, step)
            if found is None:
                break
            mark, node = found
        return int(mark.start_mark.line) + 1

    def place(self, path: Path_ = ()) -> str:
        """Where an entry stands, for people: `line 12, versions.public.bound`."""
        named = ".".join(str(step + 1) if isinstance(step, int) else str(step) for step in path)
        return f"line {self.line(path)}, {named}" if named else f"line {self.line()}"

    def mapping(self) -> dict[str, Any]:
        """The entries of a file that holds entries. Raises ContractError where it holds
        something else.
        """
        if isinstance(self.content, dict):
            return self.content
        raise self.wrong(
            (),
            f"the file holds {kind_of(self.content)}",
            allowed="entries: a name, a colon, a value",
        )

    def wrong(
        self, path: Path_, what: str, *, allowed: str = "", do: str = "correct the entry"
    ) -> ContractError:
        """An error at an entry of the file."""
        return ContractError(
            what, where=f"{name_of(self.path)} {self.place(path)}", allowed=allowed, do=do
        )

    def against(self, schema: dict[str, Any]) -> list[str]:
        """Every entry that a JSON schema does not allow: `line 12,
        versions.public.bound: what is wrong`.
        """
        return list(
            dict.fromkeys(
                f"{self.place(path)}: {what}" for path, what in faults(self.content, schema)
            )
        )


def written_in(text: str) -> Any:
    """What stands in a YAML text, read quickly and checked for nothing: for digests.
    Raises ValueError where it is no YAML.
    """
    try:
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as problem:
        raise ValueError(str(problem)) from problem


def read_yaml(path: Path) -> YamlFile:
    """Read a file. Raises ContractError with file, line and column at whatever does not
    mean what it reads.
    """
    text = _read_text(path)
    _check_characters(path, text)
    loader = _LOADER(text)
    try:
        _check_depth(path, text)
        root = loader.get_single_node()
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        said = ", ".join(part for part in (problem.context, problem.problem) if part)
        raise _error(
            path, mark, what=f"this cannot be read as YAML: {said}", do=_repair(said)
        ) from None
    except yaml.YAMLError as problem:
        raise ContractError(
            f"this cannot be read as YAML: {problem}", where=name_of(path), do="repair the file"
        ) from None
    finally:
        loader.dispose()
    if root is None:
        raise ContractError(
            "the file is empty", where=name_of(path), do="write its entries, or restore the file"
        )
    _check_size(path, root)
    return YamlFile(path, _build(path, root), root)


def name_of(path: Path) -> str:
    """A file by the folder it lies in, as people look for it:
    `data_contracts/thb.odcs.yaml`.
    """
    parts = path.parts
    for top in ("data_contracts", "templates", "sql"):
        if top in parts[:-1]:
            return "/".join(parts[len(parts) - 1 - parts[::-1].index(top) :])
    return path.name


def kind_of(value: Any) -> str:
    """What a value is, in words for people: `the number 2022`, `a list`."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {value}"
        case str():
            return f"the text '{value[:60]}'"
        case list():
            return "a list"
        case _:
            return "entries"


def faults(content: Any, schema: dict[str, Any]) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Where content is not as a JSON schema has it, and why, in a sentence. A whole
    number is one without a point.
    """
    import jsonschema

    draft = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
    for error in _with_whole_numbers(draft)(schema).iter_errors(content):
        yield from _told(error)


@cache
def _with_whole_numbers(draft: type) -> type:
    """The validator of a draft, to which 2.0 is no whole number."""
    import jsonschema

    checker: Any = vars(draft)["TYPE_CHECKER"]
    whole = checker.redefine("integer", lambda _, v: isinstance(v, int) and not isinstance(v, bool))
    made: type = jsonschema.validators.extend(draft, type_checker=whole)  # type: ignore[no-untyped-call]
    return made


def _told(error: Any) -> Iterator[tuple[tuple[Any, ...], str]]:
    """The faults behind one error: where there are alternatives, those of the one that
    was meant.
    """
    if (
        error.validator not in ("anyOf", "oneOf")
        or not error.context
        or "description" in error.schema
    ):
        yield tuple(error.absolute_path), _sentence(error)
        return
    alternatives: dict[Any, list[Any]] = {}
    for inner in error.context:
        alternatives.setdefault(inner.schema_path[0], []).append(inner)
    meant = [
        own for own in alternatives.values() if not any(_is_of_another_kind(e, error) for e in own)
    ]
    if len(meant) == 1:
        for inner in meant[0]:
            yield from _told(inner)
        return
    allowed = [_in_words(alternative) for alternative in error.validator_value]
    yield (
        tuple(error.absolute_path),
        f"{kind_of(error.instance)} stands where {' or '.join(allowed)} is meant",
    )


def _is_of_another_kind(inner: Any, error: Any) -> bool:
    """Whether an alternative is another kind of value altogether."""
    return inner.validator in ("type", "enum", "const") and len(inner.absolute_path) == len(
        error.absolute_path
    )


def _in_words(schema: dict[str, Any]) -> str:
    """What a schema allows, in a few words."""
    match schema:
        case {"const": only}:
            return f"'{only}'"
        case {"enum": listed}:
            return f"one of {', '.join(map(str, listed))}"
        case {"type": kinds}:
            return " or ".join(
                _KINDS.get(k, k) for k in ([kinds] if isinstance(kinds, str) else kinds)
            )
    return "something else"


def _sentence(error: Any) -> str:
    match error.validator:
        case "type":
            wanted = error.validator_value
            names = [_KINDS.get(w, w) for w in ([wanted] if isinstance(wanted, str) else wanted)]
            unquoted = "string" in wanted and isinstance(error.instance, bool | int | float)
            do = "; put it in quotes" if unquoted else ""
            return f"{kind_of(error.instance)} stands where {' or '.join(names)} is meant{do}"
        case "additionalProperties" | "unevaluatedProperties":
            known = list(error.schema.get("properties", {}))
            unknown = (
                [k for k in error.instance if k not in known]
                if isinstance(error.instance, dict)
                else []
            )
            if known and unknown:
                return f"nobody reads {_quoted(unknown)}; known are {', '.join(known)}"
        case "required":
            lacking = [k for k in error.validator_value if k not in error.instance]
            return (
                f"{_quoted(lacking)} is missing"
                if len(lacking) == 1
                else f"{_quoted(lacking)} are missing"
            )
        case "enum":
            return (
                f"'{visible(str(error.instance))}' is not one of"
                f" {', '.join(map(str, error.validator_value))}"
            )
        case "pattern" | "oneOf" | "maxLength" if told := error.schema.get("description"):
            return f"{kind_of(error.instance)} stands where this is meant: {told}"
    text: str = error.message
    return text if len(text) <= 300 else f"{text[:300]} ..."


_KINDS = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "entries",
    "null": "nothing",
}


def _quoted(names: Sequence[Any]) -> str:
    return ", ".join(f"'{visible(str(n))}'" for n in names)


def visible(text: str) -> str:
    """A text in which blanks and marks that nobody sees are written out:
    `[U+00A0]title`.
    """
    return "".join(
        c if c == " " or (c.isprintable() and not c.isspace()) else f"[U+{ord(c):04X}]"
        for c in text
    )


# --- characters


def _read_text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise ContractError(
                f"the file has more than {LARGEST:,} bytes",
                where=name_of(path),
                do="nothing here is as large: restore it",
            )
        data = path.read_bytes()
    except OSError as problem:
        raise ContractError(
            f"the file cannot be read: {problem.strerror}",
            where=name_of(path),
            do="restore the file",
        ) from None
    return decoded(data, path)


def decoded(data: bytes, path: Path) -> str:
    """The text of a file, without a byte order mark. Raises ContractError at the line
    that is not UTF-8.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        before = data[: problem.start]
        line = before.count(b"\n") + 1
        column = problem.start - (before.rfind(b"\n") + 1) + 1
        raise ContractError(
            f"byte {column} of this line, {data[problem.start]:#04x}, is not UTF-8",
            where=f"{name_of(path)} line {line}",
            allowed="a text file in UTF-8, with or without a byte order mark",
            do="open it in an editor, choose UTF-8 and save it again",
        ) from None


def read_text(path: Path) -> str:
    """The text of a file that people write: UTF-8, with or without a byte order mark.
    Raises ContractError.
    """
    return _read_text(path).replace("\r\n", "\n").replace("\r", "\n")


def _check_characters(path: Path, text: str) -> None:
    """Refuse what people do not see: a tab, a control character, a mark without width,
    a line break of another kind.
    """
    for found in _UNSEEN.finditer(text):
        character = found[0]
        before = text[: found.start()]
        line = before.count("\n") + 1
        column = found.start() - (before.rfind("\n") + 1) + 1
        where = f"{name_of(path)} line {line}, column {column}"
        if character == "\t":
            raise ContractError(
                "a tab", where=where, allowed="blanks", do="put blanks in its place"
            )
        name = unicodedata.name(character, "a control character").lower()
        raise ContractError(
            f"a character that nobody sees: U+{ord(character):04X}, {name}",
            where=where,
            do="delete it",
        )


_UNSEEN = re.compile(
    "[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff"
    "\U000e0000-\U000e007f]|\r(?!\n)"
)


# --- nodes


def _step(node: Any, step: Any) -> tuple[Any, Any] | None:
    """The node whose line is meant and the node itself, one step further in."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value == str(step):
                return key, value
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None


def _check_depth(path: Path, text: str) -> None:
    """Refuse what is deeper than anybody writes, event by event: the reader of nodes
    calls itself once a level.
    """
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            raise _error(
                path,
                event.start_mark,
                what=f"entries within each other, more than {DEEPEST} deep",
                do="repair it",
            )


def _check_size(path: Path, root: Any) -> None:
    """Refuse a file that holds itself, or becomes too long by what it repeats."""
    _size(path, root, sizes={}, within=set())


def _size(
    path: Path, node: Any, *, sizes: dict[int, tuple[int, int]], within: set[int]
) -> tuple[int, int]:
    """How many values a node holds and how deep it is, with what it repeats."""
    if id(node) in within:
        raise _error(
            path,
            node.start_mark,
            what="an entry repeats itself within itself",
            do="take the '*name' out",
        )
    if id(node) in sizes:
        return sizes[id(node)]
    size, depth = 1, 0
    if not isinstance(node, yaml.ScalarNode):
        within.add(id(node))
        for child in (
            [n for pair in node.value for n in pair]
            if isinstance(node, yaml.MappingNode)
            else node.value
        ):
            more, below = _size(path, child, sizes=sizes, within=within)
            size = size + more
            depth = max(depth, below + 1)
        within.remove(id(node))
    if size > MOST or depth > DEEPEST:
        what = (
            f"more than {MOST:,} values"
            if size > MOST
            else f"entries within each other, more than {DEEPEST} deep"
        )
        raise _error(path, node.start_mark, what=what, do="take repeated parts ('*name') out")
    sizes[id(node)] = size, depth
    return sizes[id(node)]


def _build(path: Path, node: Any) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return _scalar(path, node)
    if isinstance(node, yaml.SequenceNode):
        _check_tag(path, node, kind="seq")
        return [_build(path, child) for child in node.value]
    _check_tag(path, node, kind="map")
    built: dict[str, Any] = {}
    lines: dict[str, int] = {}
    for key, value in node.value:
        name = _key(path, key)
        if name in built:
            raise _error(
                path,
                key.start_mark,
                what=f"'{visible(name)}' stands twice, first in line {lines[name]}",
                do="keep the one that is meant and take the other out",
            )
        lines[name] = key.start_mark.line + 1
        built[name] = _build(path, value)
    return built


def _key(path: Path, node: Any) -> str:
    """The name of an entry, as it is written."""
    if not isinstance(node, yaml.ScalarNode) or node.tag == f"{_TAG}merge":
        raise _error(
            path,
            node.start_mark,
            what="this is no name of an entry",
            allowed="a text before the colon",
        )
    if not node.value.strip():
        raise _error(
            path, node.start_mark, what="an entry without a name", allowed="a text before the colon"
        )
    name: str = node.value
    return name


def _scalar(path: Path, node: Any) -> Any:
    text: str = node.value
    kind = node.tag.removeprefix(_TAG)
    if not node.tag.startswith(_TAG) or kind == "binary":
        _check_tag(path, node, kind="str")
    if node.style or kind == "str":
        _check_tag(path, node, kind="str")
        return text
    match kind:
        case "null" if text.lower() in _NOTHING:
            return None
        case "bool" if text.lower() in _TRUTH:
            return _TRUTH[text.lower()]
        case "int" if _WHOLE.fullmatch(text) and len(text) <= _LONGEST_NUMBER:
            return int(text)
        case "float" if _DECIMAL.fullmatch(text):
            return float(text)
        case "timestamp" if _DAY.fullmatch(text):
            return text
    raise _error(
        path,
        node.start_mark,
        what=f"{visible(text)} may be read in more than one way",
        allowed=(
            "true, false, null, numbers such as 12 and 1.5, days such as 2022-12-31, and texts in"
            " quotes"
        ),
        do=f'write "{text}" in quotes where the text is meant, otherwise another spelling',
    )


def _check_tag(path: Path, node: Any, *, kind: str) -> None:
    if node.tag not in (f"{_TAG}{kind}", "!"):
        tag = node.tag.replace(_TAG, "!!")
        raise _error(
            path, node.start_mark, what=f"the tag {tag}", allowed="no tag", do="take it out"
        )


def _error(path: Path, mark: Any, *, what: str, allowed: str = "", do: str = "") -> ContractError:
    where = (
        f"{name_of(path)} line {mark.line + 1}, column {mark.column + 1}" if mark else name_of(path)
    )
    return ContractError(what, where=where, allowed=allowed, do=do or "correct the line")


def _repair(said: str) -> str:
    if "undefined alias" in said:
        return "a text that begins with * stands in quotes; otherwise define the &name before it"
    if "mapping values" in said:
        return "a text that holds a colon and a blank stands in quotes"
    if "another document" in said or "single document" in said:
        return "take the line '---' out: a file holds one document"
    return "correct the line, or the one before it: a bracket, a quote, a colon or the indentation"
