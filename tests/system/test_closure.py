"""Does every step depend on the code that it runs? What a build knows is read from the
imports; here they are parsed, and what a step really loads is looked at.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from builds import ROOT
from small_project import SMALL_ROUND

from pipeline.steps.inputs import CODE
from pipeline.system.sources import (
    PACKAGE,
    digest_of,
    file_of,
    imports_in,
    sources_of,
)

FILES = sorted((ROOT / PACKAGE).rglob("*.py"))


def parsed(node: ast.AST) -> Iterator[str]:
    """The imports of a piece of code, as Python itself reads it."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        match child:
            case ast.Import(names=names):
                yield from (name.name for name in names)
            case ast.ImportFrom(module=str(module), names=names):
                yield module
                yield from (f"{module}.{name.name}" for name in names)
            case ast.Constant(value=str(text)) if re.fullmatch(r"\w+(\.\w+)+", text):
                yield text
        yield from parsed(child)


def of_package(names: Iterator[str]) -> set[str]:
    return {name for name in names if name.split(".")[0] == PACKAGE and file_of(name)}


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_imports_are_read_as_python_reads_them(file: Path) -> None:
    code = file.read_text(encoding="utf-8")
    assert of_package(imports_in(code)) == of_package(parsed(ast.parse(code)))


@pytest.mark.parametrize(
    ("code", "imports"),
    [
        ("from pipeline.cells import Cell", {"pipeline.cells"}),
        ("    from pipeline.system import files as f  # late", {"pipeline.system"}),
        ("from pipeline.system import (\n    files,\n    lock,\n)", {"pipeline.system.lock"}),
        ("import pipeline.system.lock", {"pipeline.system.lock"}),
        ('run([sys.executable, "-m", "pipeline.system.lock"])', {"pipeline.system.lock"}),
    ],
)
def test_every_way_of_importing_counts(code: str, imports: set[str]) -> None:
    assert imports <= of_package(imports_in(code))


def test_imports_for_types_alone_do_not_count() -> None:
    code = "if TYPE_CHECKING:\n    from pipeline.cells import Cell\n\nimport os\n"
    assert not of_package(imports_in(code))


def test_a_digest_follows_what_is_imported() -> None:
    assert digest_of("pipeline.cells") != digest_of("pipeline.findings")
    assert digest_of("pipeline.cells") == digest_of("pipeline.cells")


@pytest.mark.parametrize("step", CODE)
def test_the_code_of_a_step_can_be_found(step: str) -> None:
    assert all(file_of(module) for module in CODE[step])


COMMAND = ("-m", PACKAGE)
# The command has it done by a process with surroundings of its own.
VALIDATE = """
import sys
from pipeline.contracts.model import load_contracts
from pipeline.project import Project
from pipeline.returns.rules.validation import validate_and_write
project = Project.here()
validate_and_write(project, load_contracts(project.contracts), round_=int(sys.argv[-1]))
"""


def loaded_by(root: Path, *arguments: str) -> set[Path]:
    """The files of the package that a call of Python loads, its child processes among
    them as far as they have the surroundings of their parent.
    """
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=root,
        env={**os.environ, "PYTHONPROFILEIMPORTTIME": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    names = re.findall(rf"\| +({PACKAGE}[\w.]*)$", done.stderr, re.MULTILINE)
    return {file for name in names if (file := file_of(name))}


@pytest.mark.slow
@pytest.mark.parametrize("step", ["validate", "numbers", "protect", "desk"])
def test_what_a_step_loads_is_what_it_depends_on(step: str, small: Path) -> None:
    """What the command line itself loads, before it knows which command is asked,
    changes no figure.
    """
    before = loaded_by(small, *COMMAND, "version")
    called = ("-c", VALIDATE) if step == "validate" else (*COMMAND, step)
    loaded = loaded_by(small, *called, "--round", str(SMALL_ROUND)) - before
    assert loaded
    behind = {"validate": ("validate", "findings"), "numbers": ("numbers", "stores")}
    modules = [module for s in behind.get(step, (step,)) for module in CODE[s]]
    assert not loaded - set(sources_of(modules))
