"""Does every step depend on the code that it runs? What make knows is read from the
imports; here they are parsed, and what a step really loads is looked at.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from builds import ROOT
from small_project import SMALL_ROUND, small_project

from pipeline.system.sources import (
    PACKAGE,
    STEPS,
    digest_of,
    file_of,
    imports_in,
    modules_of_step,
    sources_of,
)

FILES = sorted((ROOT / PACKAGE).rglob("*.py"))
# The file that says that a step is done, for the round and version of the example.
DONE = {
    "validate": "2022/.validated",
    "numbers": "2022/.numbers",
    "protect": "2022/.protected",
    "render": "2022/thb/public/manifest.json",
}


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


def test_a_step_that_is_no_command_is_refused() -> None:
    with pytest.raises(KeyError):
        modules_of_step("no-such-step")


def test_a_digest_follows_what_is_imported() -> None:
    assert digest_of("pipeline.cells") != digest_of("pipeline.findings")
    assert digest_of("pipeline.cells") == digest_of("pipeline.cells")


@pytest.fixture(scope="module")
def prerequisites(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[Path]]:
    """What make would do each step again for."""
    outputs = tmp_path_factory.mktemp("outputs")
    done = subprocess.run(
        ["make", "-pnq", "help", f"SELEC_OUTPUTS={outputs}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    rules = dict(re.findall(rf"^{outputs}/([^:\n]+): (.*)$", done.stdout, re.MULTILINE))
    return {
        step: {ROOT / name for name in rules[target].split() if name.endswith(".py")}
        for step, target in DONE.items()
    }


@pytest.mark.parametrize("step", DONE)
def test_make_does_a_step_again_for_all_code_that_it_reaches(
    step: str, prerequisites: dict[str, set[Path]]
) -> None:
    assert step in STEPS
    assert set(sources_of(modules_of_step(step))) == prerequisites[step]


def test_a_list_of_another_state_of_the_code_is_made_anew(tmp_path: Path) -> None:
    """It may be newer than every file, and name one that is gone."""
    listed = tmp_path / ".code.mk"
    listed.write_text("".join(f"CODE_{s} := pipeline/gone.py\n" for s in STEPS), encoding="utf-8")
    later = time.time() + 3600
    os.utime(listed, (later, later))
    done = subprocess.run(
        ["make", "-n", f"{tmp_path}/{DONE['protect']}", f"SELEC_OUTPUTS={tmp_path}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "gone.py" not in listed.read_text(encoding="utf-8")
    made = listed.stat().st_mtime_ns
    subprocess.run(["make", "-n", "help", f"SELEC_OUTPUTS={tmp_path}"], cwd=ROOT, check=True)
    assert listed.stat().st_mtime_ns == made, "make would begin anew each time"


def loaded_by(root: Path, *arguments: str) -> set[Path]:
    """The files of the package that a command loads, its child processes among them as
    far as they have the surroundings of their parent.
    """
    done = subprocess.run(
        [sys.executable, "-m", PACKAGE, *arguments],
        cwd=root,
        env={**os.environ, "PYTHONPROFILEIMPORTTIME": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    names = re.findall(rf"\| +({PACKAGE}[\w.]*)$", done.stderr, re.MULTILINE)
    return {file for name in names if (file := file_of(name))}


@pytest.mark.slow
def test_what_a_step_loads_is_what_it_depends_on(tmp_path: Path) -> None:
    """Each step is run on a small project. What the command line itself loads, before
    it knows which command is asked, changes no figure.
    """
    root = small_project(tmp_path / "project")
    asked = ("--round", str(SMALL_ROUND))
    before = loaded_by(root, "version")
    for step, more in {
        "validate": ("--no-feedback",),
        "numbers": (),
        "protect": (),
        "render": ("--report", "thb", "--version", "public"),
    }.items():
        loaded = loaded_by(root, step, *asked, *more) - before
        assert loaded
        assert not loaded - set(sources_of(modules_of_step(step)))
