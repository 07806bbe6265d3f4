"""Which source files does a piece of work depend on? Follows the imports, so that
nothing is listed by hand.

`sources_of` gives the files behind some modules, `digest_of` one hash of them. Imports
inside functions count, because the work may reach them; those for type checking alone
do not. A module that is started by its name as a process of its own counts like one
that is imported.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

PACKAGE = "pipeline"
_ROOT = Path(__file__).parents[2]
# As the formatter leaves them: one statement a line, the names of a long one in brackets.
_IMPORTS = re.compile(
    rf"^[ ]*from[ ](?P<module>{PACKAGE}[\w.]*)[ ]import[ ](?P<names>\([^)]*\)|[^\n(#]+)"
    rf"|^[ ]*import[ ](?P<imported>{PACKAGE}[\w.]*)"
    rf"|[\"'](?P<started>{PACKAGE}(?:\.\w+)+)[\"']",
    re.MULTILINE,
)
_TYPES_ONLY = re.compile(r"^if TYPE_CHECKING:\n(?:[ ]+.*\n|\n)+", re.MULTILINE)


@cache
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
def names_in(file: Path) -> tuple[str, ...]:
    """What a file imports or starts of the pipeline, modules and names in them."""
    return tuple(imports_in(file.read_text(encoding="utf-8")))


def _known(names: Iterable[str]) -> Iterator[str]:
    """Those that are modules of the pipeline, each with the packages that it lies in."""
    for name in names:
        if name.split(".")[0] == PACKAGE and file_of(name):
            parts = name.split(".")
            yield from (".".join(parts[:length]) for length in range(1, len(parts) + 1))


def sources_of(
    modules: Iterable[str], imported: Callable[[Path], Iterable[str]] = names_in
) -> tuple[Path, ...]:
    """The files behind some modules: their own, and those of all that they import, in
    order of their names. `imported` says what a file imports.
    """
    waiting = list(_known(modules))
    met: dict[str, Path] = {}
    while waiting:
        module = waiting.pop()
        if module not in met and (file := file_of(module)):
            met[module] = file
            waiting += _known(imported(file))
    return tuple(sorted(set(met.values())))


def digest_of(*modules: str) -> str:
    """One hash of the files behind some modules."""
    found = hashlib.sha256()
    for file in sources_of(modules):
        found.update(f"{file.relative_to(_ROOT)}\0".encode())
        found.update(hashlib.sha256(file.read_bytes()).digest())
    return found.hexdigest()
