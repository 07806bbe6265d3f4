"""What is in an element of the structure tree of a finished PDF? Its elements and its
marked content, in reading order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

# The object of a page, and a number of its marked content.
Mark = tuple[tuple[int, int], int]


def kind_of(element: Any) -> str:
    """The tag of an element, as `TH`."""
    return str(element.S)[1:]


def elements_of(element: Any) -> list[Any]:
    """The elements directly in an element."""
    import pikepdf

    return [k for k in _kids(element) if isinstance(k, pikepdf.Dictionary) and "/S" in k]


def all_in(element: Any) -> Iterator[Any]:
    """An element and all those in it."""
    yield element
    for kid in elements_of(element):
        yield from all_in(kid)


def marks_of(elements: Iterable[Any]) -> list[Mark]:
    """The marked content that stands in these elements themselves: as a number on the
    element's page, or with a page of its own.
    """
    return [mark for element in elements for kid in _kids(element) for mark in _mark(kid, element)]


def _mark(kid: Any, element: Any) -> Iterator[Mark]:
    import pikepdf

    number, holder = kid, element
    if isinstance(kid, pikepdf.Dictionary) and kid.get("/Type") == "/MCR":
        number, holder = kid.MCID, kid if "/Pg" in kid else element
    if isinstance(number, int) and "/Pg" in holder:
        yield holder.Pg.objgen, int(number)


def _kids(element: Any) -> list[Any]:
    import pikepdf

    kids = element.get("/K", [])
    return list(kids) if isinstance(kids, pikepdf.Array) else [kids]
