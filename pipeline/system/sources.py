"""Which source files does a step depend on? Follows the imports, so that nothing is
listed by hand.

`sources_of` gives the files behind some modules, `digest_of` one hash of them; what
make needs for each step comes from `python -m pipeline.system.sources`, as lines
`CODE_<step> := files` that the Makefile includes. Imports inside functions count,
because a step may reach them; those for type checking alone do not. A module that is
started by its name as a process of its own counts like one that is imported.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

PACKAGE = "pipeline"
_ROOT = Path(__file__).parents[2]
# The module in which each command of the command line is a function of its name. A step
# begins with what that function imports: the texts of its help change no figure.
COMMANDS = f"{PACKAGE}.commands.cli"
# As the formatter leaves them: one statement a line, the names of a long one in brackets.
_IMPORTS = re.compile(
    rf"^[ ]*from[ ](?P<module>{PACKAGE}[\w.]*)[ ]import[ ](?P<names>\([^)]*\)|[^\n(#]+)"
    rf"|^[ ]*import[ ](?P<imported>{PACKAGE}[\w.]*)"
    rf"|[\"'](?P<started>{PACKAGE}(?:\.\w+)+)[\"']",
    re.MULTILINE,
)
_TYPES_ONLY = re.compile(r"^if TYPE_CHECKING:\n(?:[ ]+.*\n|\n)+", re.MULTILINE)
_FUNCTION = re.compile(r"^def (\w+)", re.MULTILINE)
STEPS = ("validate", "numbers", "protect", "render", "desk")


def file_of(module: str) -> Path | None:
    """The file of a module of the pipeline, or None where there is none of that name."""
    place = _ROOT.joinpath(*module.split("."))
    for file in (place.with_suffix(".py"), place / "__init__.py"):
        if file.is_file():
            return file
    return None


def imports_in(code: str) -> Iterator[str]:
    """The modules of the pipeline that a piece of code imports or starts by name. The
    names are read as text: parsing every file would take a hundred times as long.
    """
    for found in _IMPORTS.finditer(_TYPES_ONLY.sub("", code)):
        if module := found["module"]:
            yield module
            names = found["names"].strip("()").split(",")
            yield from (f"{module}.{name.split()[0]}" for name in names if name.strip())
        else:
            yield found["imported"] or found["started"]


@cache
def _modules_in(file: Path) -> tuple[str, ...]:
    return tuple(_known(imports_in(file.read_text(encoding="utf-8"))))


def _known(names: Iterable[str]) -> Iterator[str]:
    """Those that are modules of the pipeline, each with the packages that it lies in."""
    for name in names:
        if name.split(".")[0] == PACKAGE and file_of(name):
            parts = name.split(".")
            yield from (".".join(parts[:length]) for length in range(1, len(parts) + 1))


def sources_of(modules: Iterable[str]) -> tuple[Path, ...]:
    """The files behind some modules: their own, and those of all that they import, in
    order of their names.
    """
    waiting = list(_known(modules))
    met: set[str] = set()
    while waiting:
        module = waiting.pop()
        file = file_of(module)
        if module not in met and file is not None:
            met.add(module)
            waiting += _modules_in(file)
    return tuple(sorted(file for module in met if (file := file_of(module))))


def digest_of(*modules: str) -> str:
    """One hash of the files behind some modules."""
    found = hashlib.sha256()
    for file in sources_of(modules):
        found.update(f"{file.relative_to(_ROOT)}\0".encode())
        found.update(hashlib.sha256(file.read_bytes()).digest())
    return found.hexdigest()


def modules_of_step(step: str) -> tuple[str, ...]:
    """The modules that the command of a step imports when it runs.

    Raises KeyError for a step that is no command.
    """
    file = file_of(COMMANDS)
    code = file.read_text(encoding="utf-8") if file else ""
    starts = [*_FUNCTION.finditer(code)]
    ends = [start.start() for start in starts[1:]] + [len(code)]
    for start, end in zip(starts, ends):  # noqa: B905 make may run this with an old Python
        if start[1] == step:
            return tuple(_known(imports_in(code[start.end() : end])))
    raise KeyError(step)


def write_for_make() -> str:
    """The files of each step as variables of make, relative to the project."""
    lines = ["# Made by python -m pipeline.system.sources: what each step imports.\n"]
    for step in STEPS:
        files = (str(file.relative_to(_ROOT)) for file in sources_of(modules_of_step(step)))
        lines.append(f"CODE_{step} := {' '.join(files)}\n")
    return "".join(lines)


if __name__ == "__main__":
    sys.stdout.write(write_for_make())
