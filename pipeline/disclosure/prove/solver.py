"""How is a search over whole numbers put to HiGHS? One thread, one seed: the same
question gets the same answer.

Work is bounded by nodes where it can be, because a limit in seconds makes answers
depend on the machine; the time limit is there so that a hard question ends as "not
decided".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.disclosure.prove.system import NO_LIMIT, Numbers

Reals = NDArray[np.float64]
Status = Literal["found", "impossible", "undecided"]


@dataclass
class Question:
    """A linear program or one over whole numbers: least cost over columns between
    bounds, under rows.
    """

    cost: Reals
    low: Reals
    high: Reals
    start: Numbers
    column: Numbers
    factor: Reals
    row_low: Reals
    row_high: Reals


@dataclass(frozen=True)
class Limits:
    """How long to look: seconds, nodes of the search tree, and how near to the best an
    answer may be.
    """

    seconds: float
    nodes: int | None = None
    gap: float = 0.0


def open_ended(limits: Numbers) -> Reals:
    """Limits as HiGHS reads them: no limit is infinite."""
    real = limits.astype(np.float64)
    real[limits >= NO_LIMIT] = np.inf
    real[limits <= -NO_LIMIT] = -np.inf
    return real


def load(question: Question, whole: bool) -> Any:
    """A HiGHS model of the question. It stays usable: costs and bounds can be changed
    and asked again.
    """
    from pipeline.disclosure.highs import highspy

    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(question.cost), len(question.row_low)
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = question.cost, question.low, question.high
    lp.row_lower_, lp.row_upper_ = question.row_low, question.row_high
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.num_col_, lp.a_matrix_.num_row_ = lp.num_col_, lp.num_row_
    lp.a_matrix_.start_, lp.a_matrix_.index_ = (
        question.start.astype(np.int32),
        question.column.astype(np.int32),
    )
    lp.a_matrix_.value_ = question.factor
    if whole:
        lp.integrality_ = [highspy.HighsVarType.kInteger] * lp.num_col_
    model = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, value in (
        ("output_flag", False),
        ("threads", 1),
        ("random_seed", 1),
        ("parallel", "off"),
    ):
        model.setOptionValue(option, value)
    model.passModel(lp)
    return model


def run(model: Any, limits: Limits) -> tuple[Status, Reals | None]:
    """Solve. "impossible" only when HiGHS says so; "undecided" when it stopped before
    it found anything.
    """
    from pipeline.disclosure.highs import highspy

    model.setOptionValue("time_limit", model.getRunTime() + max(limits.seconds, 0.01))
    if limits.nodes is not None:
        model.setOptionValue("mip_max_nodes", limits.nodes)
    model.setOptionValue("mip_rel_gap", limits.gap)
    model.run()
    if model.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
        return "impossible", None
    if model.getInfo().primal_solution_status != 2:  # 2: a point that is feasible
        return "undecided", None
    return "found", np.array(model.getSolution().col_value)
