"""Whatever is done to a return: nothing is raised, every account adds up, whatever is
refused has its finding.
"""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hostile.random_edits import Case, check, returns, rounds

# Rounds that are read, and rounds that are checked as well; `make fuzz` does not end.
READ, CHECKED = 16, 2
BOUNDED = settings(
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)


@settings(BOUNDED, max_examples=READ)
@given(rounds)
def test_random_edits_never_raise_and_every_cell_has_its_end(files: list[Case]) -> None:
    check(files)


@settings(BOUNDED, max_examples=CHECKED)
@given(st.lists(returns(), min_size=4, max_size=6, unique_by=lambda r: (r[0], r[1])))
def test_random_edits_pass_through_the_whole_check_of_a_round(files: list[Case]) -> None:
    check(files, validate=True)
