"""Does each wing use only the wings below it? The one list of wings, and every arrow."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from builds import ROOT

PACKAGE = ROOT / "pipeline"
# From the top down: a wing may use itself and what stands below it.
WINGS = (
    ("commands",),
    ("steps",),
    ("desk", "selec"),  # a page, and frames: two ways to look, neither uses the other
    ("release",),
    ("inspection",),
    ("report", "disclosure"),  # side by side: neither uses the other
    ("numbers",),
    ("returns",),
    ("contracts",),
    ("system",),
)
# What everybody uses. They use nothing but each other.
NOUNS = ("cells", "errors", "findings", "project")
FLOOR = {wing: floor for floor, wings in enumerate(WINGS) for wing in wings}
# Rooms of one wing that know nothing of others: what chooses and what proves it share no
# code, and reading a document back is not judging it.
APART = (
    ("disclosure.choose", "disclosure.prove"),
    ("disclosure.prove", "disclosure.choose"),
    ("disclosure.prove", "disclosure.protect"),
    ("inspection.readback", "inspection.leaks"),
    ("inspection.readback", "inspection.numerals"),
    ("inspection.readback", "inspection.explain"),
    ("report.charts", "report.document"),
    ("report.charts", "report.exhibits"),
    ("report.exhibits", "report.document"),
    ("report.exhibits", "report.narrative"),
    ("report.narrative", "report.document"),
    ("system", "system.signed"),
)


def module_of(file: Path) -> str:
    """`system.files` for pipeline/system/files.py; empty for the package itself."""
    parts = file.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


MODULES = {module_of(file): file for file in sorted(PACKAGE.rglob("*.py"))}


@cache
def imports_of(module: str) -> tuple[tuple[int, str], ...]:
    """Line and name of each module of the package that a module imports, for its types
    as well.
    """
    return tuple(_imports_of(module))


def _imports_of(module: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(MODULES[module].read_bytes())):
        match node:
            case ast.ImportFrom(module=str(name), names=names, lineno=line):
                found = [f"{name}.{n.name}" for n in names]
                found = [n if n.removeprefix("pipeline.") in MODULES else name for n in found]
            case ast.Import(names=names, lineno=line):
                found = [n.name for n in names]
            case _:
                continue
        yield from (
            (line, name.removeprefix("pipeline.")) for name in found if name.startswith("pipeline.")
        )


def wing_of(module: str) -> str:
    return module.split(".")[0]


def may_use(module: str, other: str) -> bool:
    """Whether the wing of a module may use that of another."""
    one, two = wing_of(module), wing_of(other)
    if one == two or two in NOUNS or one == "__main__":
        return True
    return one in FLOOR and two in FLOOR and FLOOR[one] < FLOOR[two]


def is_within(module: str, room: str) -> bool:
    return module == room or module.startswith(f"{room}.")


def arrow(module: str, line: int, other: str) -> str:
    return f"{MODULES[module].relative_to(ROOT)}:{line} uses {other}"


def test_the_folder_has_the_wings_and_nouns_and_nothing_else() -> None:
    entries = {path.stem for path in PACKAGE.iterdir() if path.name != "__pycache__"}
    assert entries == {*FLOOR, *NOUNS, "__init__", "__main__"}
    assert len(entries) <= 18


def test_every_wing_uses_only_wings_below_it() -> None:
    arrows = [(m, line, other) for m in MODULES for line, other in imports_of(m)]
    assert len(arrows) > len(MODULES)
    assert not [arrow(*found) for found in arrows if not may_use(found[0], found[2])]


@pytest.mark.parametrize(("room", "other"), APART)
def test_rooms_that_are_kept_apart_do_not_meet(room: str, other: str) -> None:
    assert any(is_within(module, room) for module in MODULES)
    assert any(is_within(module, other) for module in MODULES)
    assert not [
        arrow(module, line, used)
        for module in MODULES
        if is_within(module, room) and not is_within(module, other)
        for line, used in imports_of(module)
        if is_within(used, other)
    ]


def test_modules_stand_on_each_other_in_one_direction() -> None:
    """No circle: of every two modules at most one reaches the other."""
    uses = {m: {other for _, other in imports_of(m) if other in MODULES} for m in MODULES}
    done: set[str] = set()

    def circle(module: str, way: tuple[str, ...]) -> tuple[str, ...]:
        if module in way:
            return (*way[way.index(module) :], module)
        if module in done:
            return ()
        for other in sorted(uses[module] - {module}):
            if found := circle(other, (*way, module)):
                return found
        done.add(module)
        return ()

    assert not [" -> ".join(found) for m in MODULES if (found := circle(m, ()))]


def test_a_wing_that_reached_up_would_be_named() -> None:
    """The rule itself: each floor may use the next, never the other way round."""
    for (upper, *_), (lower, *_) in pairwise(WINGS):
        assert may_use(f"{upper}.x", f"{lower}.x")
        assert not may_use(f"{lower}.x", f"{upper}.x")
    assert not may_use("cells", "system.files")
    assert not may_use("disclosure.x", "report.x")


def test_nothing_at_the_top_of_a_module_is_used_by_nobody() -> None:
    """Functions, classes and constants whose name stands nowhere else in the program:
    what only a test or a benchmark uses belongs beside it.
    """
    files = [*MODULES.values(), *(ROOT / "tools").glob("*.py"), ROOT / "Makefile"]
    files += (ROOT / "templates").rglob("*.j2")
    words = Counter(w for f in files for w in re.findall(r"\w+", f.read_text(encoding="utf-8")))
    tops = [(m, name) for m in MODULES for name in names_at_top(m)]
    assert len(tops) > 1000
    assert [f"{m}.{name}" for m, name in tops if words[name] == 1] == []


def names_at_top(module: str) -> Iterator[str]:
    """What a module defines, but for functions that a decorator hands to others."""
    for node in ast.parse(MODULES[module].read_bytes()).body:
        match node:
            case ast.FunctionDef(name=name, decorator_list=[]) | ast.ClassDef(name=name):
                yield name
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                if not name.startswith("__"):
                    yield name


def test_no_private_name_crosses_modules() -> None:
    """Neither in the pipeline nor in its tests: what others use has a public name, and
    keeps it.
    """
    files = [*MODULES.values(), *(ROOT / "tests").rglob("*.py"), *(ROOT / "tools").glob("*.py")]
    assert not [
        f"{file.relative_to(ROOT)}:{node.lineno} imports {name.name} of {node.module}"
        for file in files
        for node in ast.walk(ast.parse(file.read_bytes()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pipeline")
        for name in node.names
        if any(n.startswith("_") and not n.startswith("__") for n in (name.name, name.asname or ""))
    ]
