"""Does the bench on disclosure count what it says? On tables small enough to work out
by hand.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench import acro_peer, certificates, disclosure, methods
from bench.instances import Instance, as_system
from bench.methods import Result, Task
from pipeline.disclosure.choose.linked import Pattern

# A region of three states: by subtraction the one small count of a row is known.
ROW = Instance(
    {"all": 42, "state=a": 25, "state=b": 14, "state=c": 3},
    [("all", ["state=a", "state=b", "state=c"])],
)


def make_table() -> Instance:
    """States by sex, large enough that complements protect the two small counts."""
    inner = {
        ("a", "F"): 3,
        ("a", "M"): 17,
        ("b", "F"): 12,
        ("b", "M"): 4,
        ("c", "F"): 30,
        ("c", "M"): 25,
    }
    values = {"all": sum(inner.values())}
    for state in "abc":
        values[f"state={state}"] = sum(v for (s, _), v in inner.items() if s == state)
    for sex in "FM":
        values[f"sex={sex}"] = sum(v for (_, x), v in inner.items() if x == sex)
    values |= {f"state={s},sex={x}": v for (s, x), v in inner.items()}
    sums = [("all", [f"state={s}" for s in "abc"]), ("all", ["sex=F", "sex=M"])]
    sums += [(f"state={s}", [f"state={s},sex={x}" for x in "FM"]) for s in "abc"]
    sums += [(f"sex={x}", [f"state={s},sex={x}" for s in "abc"]) for x in "FM"]
    return Instance(values, sums)


def as_task(instance: Instance) -> Task:
    return Task("tiny", instance, as_system(instance), 30.0)


def test_subtraction_breaks_primary_only() -> None:
    result = methods.primary_only(as_task(ROW))
    assert (result.primary, result.secondary, result.exact) == (1, 0, 1)
    assert result.share_hidden == pytest.approx(3 / 84)


def test_ours_hides_a_complement_and_proves_every_cell() -> None:
    result = methods.ours(as_task(ROW))
    assert (result.primary, result.secondary, result.exact, result.exposed) == (1, 1, 0, 0)
    assert result.certificate_bytes
    assert {"choose", "prove", "verify"} <= result.seconds.keys()


def test_every_method_is_judged_by_the_same_rule() -> None:
    found = {
        r.method: r
        for r in (m(as_task(make_table())) for n, m in methods.METHODS.items() if n != "acro")
    }
    assert found["primary only"].exact == 2
    assert found["elimination"].exact <= found["primary only"].exact
    assert (found["ours"].exact, found["ours"].exposed) == (0, 0)
    assert {r.primary for r in found.values()} == {2}


def test_a_sensitive_cell_that_is_shown_counts_as_exact() -> None:
    task = as_task(ROW)
    nothing = np.zeros(4, dtype=bool)
    result = methods.counted(task, "nothing", nothing, {})
    methods.judged(task, result, nothing, task.system.low, task.system.high)
    assert (result.primary, result.exact) == (0, 1)


def test_a_tampered_certificate_does_not_verify() -> None:
    task = as_task(ROW)
    hidden = {"state=b", "state=c"}
    pattern = Pattern(np.array([n in hidden for n in task.system.names]))
    tables = methods.prove_pattern(task, pattern).tables
    assert certificates.verify(task.instance, hidden, task.demands, tables).holds
    wrong = [{**tables[0], "state=c": tables[0]["state=c"] + 1}, *tables[1:]]
    assert not certificates.verify(task.instance, hidden, task.demands, wrong).holds


def test_instances_are_read_back_as_cubes_and_levels() -> None:
    values = {"all": 9, "state=g": 5, "state=c": 4, "state=a": 2, "state=b": 3}
    instance = Instance(
        values, [("all", ["state=g", "state=c"]), ("state=g", ["state=a", "state=b"])]
    )
    assert acro_peer.cubes(instance) == [("state",)]
    levels = acro_peer.read_levels(acro_peer.read_splits(instance)["state"])
    assert levels == [{"a": "g", "b": "g", "c": "c"}, {"a": "a", "b": "b", "c": "c"}]


def test_margins_without_hidden_cells_count_as_false_totals() -> None:
    """A cell is shown when any table prints its true count; a margin that leaves hidden
    cells out is no true count.
    """
    printed: dict[str, set[int | None]] = {
        "all": {42, 39},
        "state=a": {25},
        "state=b": {14},
        "state=c": {None},
    }
    read = acro_peer.read_printed(ROW, printed, 2, 0.0)
    assert (read.hidden, read.false_totals) == (frozenset({"state=c"}), 1)


@pytest.mark.slow
@pytest.mark.skipif(not acro_peer.ENVIRONMENT.exists(), reason="made by `make bench-disclosure`")
def test_acro_hides_the_small_counts_and_nothing_beside_them() -> None:
    read = acro_peer.release(make_table())
    assert read.hidden == {"state=a,sex=F", "state=b,sex=M"}
    # both states, both sexes and the region leave the hidden ones out in some table
    assert read.false_totals == 5
    result = methods.acro(as_task(make_table()))
    assert (result.secondary, result.exact) == (0, 2)


def test_targets_are_held_against_what_was_measured() -> None:
    seconds = {"choose": 60.0, "prove": 31.0, "judge": 500.0}
    ours = Result("10,000 cells", "ours", 9720, 100, 170, seconds=seconds, exposed=0)
    peer = Result("10,000 cells", "elimination", 9720, 100, 100)
    told = {t.name: t.met for t in disclosure.targets([peer, ours])}
    assert told["no sensitive cell without a certificate"]
    assert told["10,000 cells within 45 s"] is False
    assert told["10,000 cells: at most 1.5 times the cells that elimination adds"] is False
    assert told["100,000 cells within 4 GiB"] is None
    exposed = {t.name: t.met for t in disclosure.targets([replace(ours, exposed=3)])}
    assert exposed["no sensitive cell without a certificate"] is False
    stopped = {
        t.name: t.met
        for t in disclosure.targets([ours], ["d4.csv: ours did not finish within 60 s"])
    }
    assert stopped["no sensitive cell without a certificate"] is False


def test_a_failing_measurement_is_told_and_does_not_stop_the_others(tmp_path: Path) -> None:
    told = disclosure.run_alone(
        "tests.bench.methods", "primary", ["--instance", str(tmp_path / "none.csv")], 60.0
    )
    assert isinstance(told, str)
    assert "none.csv" in told
