"""What would a meeting of experts decide in a tried year?

An amendment of a text, levels of threat with their reasons, and priorities.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

from pipeline.contracts.model import Contracts
from pipeline.returns.meetings.papers import PRIORITIES
from pipeline.returns.meetings.sheet import AMENDED, HEADS_ROW, REASON, TEXTS
from pipeline.steps.rehearsal.exercise import Days
from pipeline.steps.rehearsal.marks import EXERCISE

_WHY = f"{EXERCISE}: an invented reason"
_CHOSEN = 4  # crime areas that become priorities


def amend_first(came: Path, to: Path) -> str:
    """Fill in the sheet that came with the papers of a meeting: another text in the place
    of the first. Says what is wrong.
    """
    from openpyxl import load_workbook

    book = load_workbook(came)
    sheet = book[TEXTS]
    heads = {str(cell.value): at for at, cell in enumerate(sheet[HEADS_ROW], 1)}
    if sheet.max_row <= HEADS_ROW:
        return "the sheet has no text"
    sheet.cell(HEADS_ROW + 1, heads[AMENDED]).value = f"{EXERCISE}: what a meeting made of a text."
    sheet.cell(HEADS_ROW + 1, heads[REASON]).value = _WHY
    to.parent.mkdir(mode=0o700, exist_ok=True)
    book.save(to)
    return ""


def decided(contracts: Contracts, days: Days, *, states: list[str], seed: int) -> dict[str, bytes]:
    """The papers of the second meeting and of those who choose, by the names of their
    files: one state does not agree to the first level. JSON is YAML, too.
    """
    settings = contracts.assessment
    assert settings is not None, "nobody judges without scales"
    chance = random.Random(seed)
    areas = contracts.areas_judged
    levels = [
        {
            "area": area,
            "level": chance.choice(settings.levels.words),
            "reason": _WHY,
            "clearance": chance.choice(("restricted", "public")),
            **({"agreed": states[1:]} if area == areas[0] else {}),
        }
        for area in areas
    ]
    meeting = {"held": f"{days.met_again}", "states": states, "levels": levels}
    chosen = {
        "chosen": f"{days.met_again}",
        "by": f"{EXERCISE}, invented heads",
        "clearance": "public",
        "areas": [{"area": a, "reason": _WHY} for a in chance.sample(areas, _CHOSEN)],
    }
    return {
        "2.yaml": _content(meeting),
        f"{PRIORITIES}.yaml": _content(chosen),
    }


def _content(paper: object) -> bytes:
    return f"# Of an exercise.\n{json.dumps(paper, indent=1)}\n".encode()
