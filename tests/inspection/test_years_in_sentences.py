"""Is the year of an earlier assessment accounted for in a sentence, and no other number that
a place fills in?
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.inspection.numerals.passage import Passage
from pipeline.inspection.numerals.sentences import SentenceCheck
from pipeline.report.ledger import Sentence

YEARS = ["2020", "2021", "2022", "2023", "2024"]
ASSESSED = {"2017", "2023", "2024"}


@pytest.mark.parametrize(
    ("variable", "value", "counted"),
    [
        ("earlier", "2023", True),
        ("earlier", "2024", False),  # the round is no earlier year
        ("earlier", "2017", True),  # long before the window, and judged
        ("earlier", "2022", False),  # a year of the window in which nobody judged
        ("earlier", "2019", False),
        ("earlier", "41", False),
        ("area", "2023", False),
    ],
)
def test_only_an_earlier_year_is_a_year(
    variable: str, value: str, counted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    known: Any = SimpleNamespace(variables={"year": "2024"}, years=YEARS, assessed=ASSESSED)
    check = SentenceCheck(known)
    monkeypatch.setattr(check, "_is_written", lambda _: True)
    written = f"From {{{variable}}} to {{year}}."
    text = f"From {value} to 2024."
    passage = Passage(1, "drugs/text", text)
    sentence = Sentence(text, text, "judgement.since.1", written, {variable: value})
    assert list(check.check([sentence], [passage])) == []
    assert [claim is not None for _, claim, _ in passage.numerals()] == [counted, True]
