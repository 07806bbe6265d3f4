"""Can what a cache gave be changed by whoever got it? Then the next one would get
something else.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator, MutableMapping, MutableSequence, MutableSet
from dataclasses import fields, is_dataclass
from functools import lru_cache
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from builds import ROOT

from pipeline.contracts.codelists import load_aliases
from pipeline.returns.intake.codes import load_headers
from pipeline.returns.intake.parse import load_symbols

PACKAGE = ROOT / "pipeline"
CODELISTS = ROOT / "data_contracts" / "codelists"
CACHES = ("lru_cache", "cache")
MUTABLE = (dict, list, set, bytearray, MutableMapping, MutableSequence, MutableSet)


def is_cache(decorator: ast.expr) -> bool:
    match decorator:
        case ast.Call(func=called):
            return is_cache(called)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in CACHES
    return False


def cached_functions() -> Iterator[tuple[str, str]]:
    """Module and name of every cached function of the package."""
    for path in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        code = path.read_bytes()
        if b"cache" not in code:
            continue
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.FunctionDef) and any(map(is_cache, node.decorator_list)):
                yield module, node.name


def mutable_in(kind: Any, seen: frozenset[Any] = frozenset()) -> list[str]:
    """What in a type could be changed: containers, and fields of classes that hold some;
    a class that is no frozen dataclass of ours is not looked into.
    """
    if kind in seen:
        return []
    origin = get_origin(kind) or kind
    if kind is Any or (isinstance(origin, type) and issubclass(origin, MUTABLE)):
        return [str(kind)]
    found = [what for part in get_args(kind) for what in mutable_in(part, seen | {kind})]
    if isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind)
        if not kind.__dataclass_params__.frozen:  # type: ignore[attr-defined]
            found.append(f"{kind.__name__} is not frozen")
        for field in fields(kind):
            inside = mutable_in(hints[field.name], seen | {kind})
            found += [f"{kind.__name__}.{field.name}: {what}" for what in inside]
    return found


CACHED = sorted(cached_functions())


def test_the_caches_are_found() -> None:
    assert len(CACHED) > 20
    assert ("pipeline.contracts.codelists", "load_aliases") in CACHED


@pytest.mark.parametrize(("module", "name"), CACHED)
def test_what_a_cache_gives_cannot_be_changed(module: str, name: str) -> None:
    function = getattr(importlib.import_module(module), name).__wrapped__
    returned = get_type_hints(function)["return"]
    assert mutable_in(returned) == []


@pytest.mark.parametrize(
    "given",
    [load_aliases(CODELISTS, "states"), load_headers(CODELISTS), load_symbols(CODELISTS)],
)
def test_mappings_are_closed_not_only_said_to_be(given: Any) -> None:
    assert given
    with pytest.raises(TypeError, match="does not support item assignment"):
        given["x"] = "y"


@pytest.mark.parametrize(
    "kind", [dict[str, str], list[int], tuple[set[str], ...], "dict | None", Any]
)
def test_a_cache_of_something_open_would_be_found(kind: Any) -> None:
    returned = eval(kind) if isinstance(kind, str) else kind

    @lru_cache
    def cached() -> Any: ...

    cached.__wrapped__.__annotations__["return"] = returned
    assert mutable_in(get_type_hints(cached.__wrapped__)["return"])
