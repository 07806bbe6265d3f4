"""What is in an element of the structure tree, while a PDF is not yet written? Its
elements, what it refers to, and how one of them is taken out of the file.

Objects are those of pydyf: dictionaries in a list, in which each stands at its own
number; a reference is bytes that begin with that number.
"""

from __future__ import annotations

from typing import Any

import pydyf  # type: ignore[import-untyped]


class _Nothing(pydyf.Object):  # type: ignore[misc]
    """What stands in the file where an object was taken out."""

    data = b"null"


def referred(pdf: Any, reference: bytes) -> Any:
    """The object that a reference leads to."""
    return pdf.objects[int(reference.split()[0])]


def objects_in(pdf: Any, element: Any) -> list[Any]:
    """Children of a structure element that are no marked content: elements, and
    references to annotations.
    """
    kids = [referred(pdf, kid) for kid in element["K"] if isinstance(kid, bytes)]
    return [kid for kid in kids if isinstance(kid, dict)]


def elements_in(pdf: Any, element: Any) -> list[Any]:
    """Children of a structure element that are structure elements themselves."""
    return [kid for kid in objects_in(pdf, element) if kid.get("Type") == "/StructElem"]


def take_out(pdf: Any, item: Any) -> None:
    """Have nothing of an object stay in the file. Its number stays, and stands for null:
    the numbers behind it are already written into references.
    """
    nothing = _Nothing()
    nothing.number = item.number
    pdf.objects[item.number] = nothing


def is_taken_out(pdf: Any, item: Any) -> bool:
    """Whether an object is no longer in the file."""
    return pdf.objects[item.number] is not item
