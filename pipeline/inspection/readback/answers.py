"""What must stand where a table says how many states chose each word? Worked out from
the cells of the version and the scales.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from pipeline.cells import Key
from pipeline.contracts.model import Contracts
from pipeline.inspection.readback.values import Released

NAME = "answers"  # of the formula: answers(AT_1, AT_2, ..., STATES)
_CHOSE = re.compile(r"AT_(\d)")
_COUNTED = re.compile(r"(\d+) of (\d+)")


def answers_told(
    reference: str, cells: Mapping[str, Released], contracts: Contracts
) -> tuple[str, ...]:
    """The one text that may stand there: each word that states chose, in the order of the
    scale, then how many did not judge. None where the version does not know it.
    """
    *chosen, last = reference.removeprefix(f"{NAME}(").removesuffix(")").split(", ")
    states = cells.get(last)
    counted = _COUNTED.fullmatch(states.coverage) if states else None
    words = _words_of(last, contracts)
    if counted is None or len(chosen) != len(words):
        return ()
    said, total = [], 0
    for place, key in enumerate(chosen, 1):
        cell, at = cells.get(key), _CHOSE.fullmatch(key.rpartition(".")[2])
        same = key.rpartition(".")[0] == last.rpartition(".")[0]
        if cell is None or cell.withheld or cell.value is None or not same:
            return ()
        if at is None or int(at[1]) != place:
            return ()
        total += int(cell.value)
        if cell.value:
            said.append(f"{words[place - 1]} {int(cell.value)}")
    given, of = int(counted[1]), int(counted[2])
    if total != given:  # each of them chose one word
        return ()
    return ("; ".join([*said, *([f"not assessed {of - given}"] if of > given else [])]),)


def _words_of(key: str, contracts: Contracts) -> tuple[str, ...]:
    """The words among which the question of a cell is answered."""
    found = Key.parse(key)
    table = contracts.table(found.cube)
    judged = table.judged
    if judged is None:
        return ()
    code = found.codes[table.key_dimensions.index(judged.dimension)]
    return judged.scale(code).words
