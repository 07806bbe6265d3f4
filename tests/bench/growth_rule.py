"""Does a cost grow faster than what it is paid for? A judgement over a few sizes, which
allows a fixed cost and says how much it cannot tell.

The cost is taken as fixed + rate * input ** exponent, neither part below nothing. Every
exponent that comes within 10 % of all measured costs may be the true one: where all of
those are above 1.1 the cost grows faster. A cost that is mostly fixed is measured too
coarsely to say much, and the range of its exponent is wide.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

TOLERANCE = 0.1  # by how much CPU seconds of the same work differ on a machine that others use
LINEAR = 1.1
EXPONENTS = tuple(n / 20 for n in range(61))
STANDS_STILL, HARDLY = 1.05, 1.25  # factors of an input, and of the cost of the same input


@dataclass(frozen=True)
class Growth:
    """From the smallest size to the largest: by which factors input and CPU grew, and
    which exponents of the input the CPU may follow. An input that stands still has none.
    """

    input_factor: float
    cpu_factor: float
    exponents: tuple[float, float] | None

    @property
    def is_faster(self) -> bool:
        if self.exponents is None:
            return self.cpu_factor > HARDLY
        return self.exponents[0] > LINEAR

    @property
    def exponent(self) -> str:
        return "{:.2f} to {:.2f}".format(*self.exponents) if self.exponents else "-"

    @property
    def verdict(self) -> str:
        if self.is_faster:
            return "faster"
        if self.exponents and self.exponents[1] > 2 * LINEAR:
            return "not faster, mostly fixed"
        return "not faster"


def growth_of(measured: Sequence[tuple[float, float]]) -> Growth:
    """The growth over pairs of input and CPU seconds, in the order of size."""
    (first, cheapest), (last, dearest) = measured[0], measured[-1]
    factors = last / first, dearest / cheapest
    if factors[0] < STANDS_STILL:
        return Growth(*factors, None)
    misfits = {p: _misfit(measured, p) for p in EXPONENTS}
    allowed = max(TOLERANCE, min(misfits.values()))
    possible = [p for p, misfit in misfits.items() if misfit <= allowed]
    return Growth(*factors, (possible[0], possible[-1]))


def _misfit(measured: Sequence[tuple[float, float]], exponent: float) -> float:
    """The largest relative distance of a measured cost from the best curve of an exponent,
    least squares of relative distances.
    """
    largest = max(x for x, _ in measured)
    # what a fixed cost and a rate of 1 would be of each measured cost
    fixes = [1 / cost for _, cost in measured]
    rates = [math.pow(x / largest, exponent) / cost for x, cost in measured]
    ff, fr, rr = _dot(fixes, fixes), _dot(fixes, rates), _dot(rates, rates)
    f, r = sum(fixes), sum(rates)
    det = ff * rr - fr * fr
    fixed, rate = f / ff, 0.0
    if det > 1e-9 * ff * rr:
        fixed, rate = (f * rr - r * fr) / det, (r * ff - f * fr) / det
    if fixed < 0:
        fixed, rate = 0.0, r / rr
    elif rate < 0:
        fixed, rate = f / ff, 0.0
    return max(abs(fixed * a + rate * b - 1) for a, b in zip(fixes, rates, strict=True))


def _dot(some: Sequence[float], others: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(some, others, strict=True))
