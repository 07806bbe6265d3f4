"""Does the leak scan let a text say that all member states gave a figure, and nothing more
by the same words?
"""

from __future__ import annotations

import pytest

from pipeline.inspection.readback.spelled import spelled_numbers

PUBLIC = " the report covers eleven member states "


def found(text: str) -> list[str]:
    return list(spelled_numbers(text, PUBLIC, names=frozenset({"romania"}), members="eleven"))


@pytest.mark.parametrize(
    "text",
    [
        "Drug offences are measured by all eleven states.",
        "Smuggling of migrants is measured by all eleven.",
        "Firearms: all eleven states in 2020, all eleven in 2023, all eleven in 2024.",
        "Reported by all eleven; so was the other.",
        "Figures came from all eleven",
        "By all eleven member states, and by all eleven (of 2024).",
    ],
)
def test_how_many_states_there_are_is_public(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "All eleven victims were children.",
        "Of them all eleven in custody were men.",
        "Eleven were children.",
        "There were eleven.",
        "Smuggling is measured by all ten.",
        "All twelve in 2023 were found.",
        "They were eleven in 2023.",
    ],
)
def test_the_same_word_for_anything_else_is_told(text: str) -> None:
    assert len(found(text)) == 1
