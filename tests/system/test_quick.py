"""Is each kind of case tried when little time is left, and what is thorough left out?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

import pytest
from quick import quick


@dataclass(frozen=True)
class Fake:
    """What `quick` asks of a collected test."""

    nodeid: str
    marks: dict[str, pytest.Mark] = field(default_factory=dict)

    def get_closest_marker(self, name: str) -> pytest.Mark | None:
        return self.marks.get(name)


def names(*items: Fake) -> list[str]:
    kept, left = quick(cast(list[pytest.Item], list(items)))
    assert len(kept) + len(left) == len(items)
    return [item.nodeid for item in kept]


def sampled(n: int) -> dict[str, pytest.Mark]:
    return {"sampled": pytest.mark.sampled(n).mark}


def test_every_nth_case_of_a_kind_is_run_the_first_always() -> None:
    a = [Fake(f"t.py::a[{n}]", sampled(3)) for n in range(7)]
    b = [Fake("t.py::b[only]", sampled(3))]
    c = [Fake(f"u.py::a[{n}]", sampled(2)) for n in range(2)]
    kept = names(a[0], b[0], *a[1:], *c)
    assert kept == ["t.py::a[0]", "t.py::b[only]", "t.py::a[3]", "t.py::a[6]", "u.py::a[0]"]


def test_what_is_thorough_is_left_out_and_the_rest_stays_in_order() -> None:
    thorough = Fake("t.py::long", {"thorough": pytest.mark.thorough.mark})
    assert names(Fake("t.py::b"), thorough, Fake("t.py::a")) == ["t.py::b", "t.py::a"]
