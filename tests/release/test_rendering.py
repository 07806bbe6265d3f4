"""Is it told how a rendering process ended, and does a manifest say only what was
counted?
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from builds import ROOT

from pipeline import errors
from pipeline.errors import NarrativeError, RenderError, UserError
from pipeline.release.manifest import accessibility_of
from pipeline.release.signoff.again import judge_pages
from pipeline.report.document import worker
from pipeline.report.document.order import Order
from pipeline.system.answers import answer_line, raise_end
from pipeline.system.apart import Apart, Ended
from pipeline.system.pdf.conform import ALWAYS_RUN, Conformance, PdfFigures, Verdict

KINDS = [k for k in vars(errors).values() if isinstance(k, type) and issubclass(k, UserError)]


def ended(code: str, part: str) -> Ended:
    """A renderer in a process of its own, one part of whose work is replaced by `code`."""
    order = Order(ROOT, Path("store"), Path("out"), 2022, "thb", "public")
    return Apart(rendering, code, part, order).end()


def rendering(tell: Callable[[str], None], code: str, part: str, order: Order) -> None:
    """In that process."""
    names = {**vars(errors), "os": os, "signal": signal, "sys": sys}

    def render(order: Order) -> None:
        exec(code, names)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker, "confine", lambda *_, **__: "kernel")
        patch.setattr(worker, "make_document", lambda _: None)
        patch.setattr(worker, part, render)
        worker.render_apart(tell, order)


def end_of(code: str) -> Exception:
    """What is raised, whether the document or its pages end like that."""
    raised: list[Exception] = []
    for part in ("make_document", "print_pages"):
        done = ended(code, part)
        assert done.code
        with pytest.raises((UserError, RuntimeError)) as problem:
            raise_end(done.code, answer=done.told, noise=done.noise)
        raised.append(problem.value)
    assert type(raised[0]) is type(raised[1])
    return raised[0]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_of_error_comes_back_as_it_was_raised(kind: type[UserError]) -> None:
    problem = kind("what\nof two lines", where="ă file", allowed="this", do="that")
    with pytest.raises(UserError) as told:
        raise_end(kind.exit_code, answer=f"noise\n{answer_line(problem)}\n", noise="")
    assert type(told.value) is kind
    assert str(told.value) == str(problem)


def test_what_an_analyst_can_repair_is_no_bug_whatever_its_words_are() -> None:
    problem = end_of("raise NarrativeError('Traceback (most recent call last)', do='d')")
    assert isinstance(problem, NarrativeError)
    assert (problem.what, problem.do) == ("Traceback (most recent call last)", "d")
    assert problem.exit_code == 5


@pytest.mark.parametrize(
    "code",
    [
        "raise KeyError('a bug')",
        "sys.stderr.write('a bug'); sys.stderr.flush(); os._exit(6)",
        "print('{\"kind\": \"RenderError\"}'); sys.stderr.write('a bug'); sys.exit(6)",
    ],
)
def test_what_was_not_answered_is_a_bug(code: str) -> None:
    problem = end_of(code)
    assert isinstance(problem, RuntimeError)
    assert "a bug" in str(problem)


def test_an_answer_that_the_exit_code_does_not_bear_out_is_a_bug() -> None:
    with pytest.raises(RuntimeError, match="ended with 1"):
        raise_end(1, answer=answer_line(RenderError("x")), noise="")


@pytest.mark.parametrize(
    ("name", "why"),
    [("SIGKILL", "no memory left"), ("SIGTERM", "somebody"), ("SIGSEGV", "a library crashed")],
)
def test_a_killed_renderer_is_told_by_its_signal_with_what_to_do(name: str, why: str) -> None:
    problem = end_of(f"os.kill(os.getpid(), signal.{name})")
    assert isinstance(problem, RenderError)
    assert problem.what.startswith(f"the rendering process was killed by {name}: ")
    assert why in problem.what
    assert problem.do
    assert problem.exit_code == RenderError.exit_code


def test_a_signal_without_a_name_is_told_by_its_number() -> None:
    number = signal.SIGRTMIN + 3
    with pytest.raises(RenderError, match=f"killed by signal {number}: "):
        raise_end(-number, answer="", noise="")


def test_a_renderer_without_memory_says_so() -> None:
    problem = end_of("raise MemoryError")
    assert isinstance(problem, RenderError)
    assert "memory" in problem.do


# --- what was counted -----------------------------------------------------------------


def test_a_manifest_says_what_the_check_counted() -> None:
    said = Conformance.of([Verdict("a"), Verdict("b", "wrong"), Verdict("b", "wrong again")])
    assert accessibility_of(json.loads(json.dumps(said.record()))) == {"failed": 2}


@pytest.mark.parametrize(
    "record",
    [
        None,
        {},
        {"failed": 0},
        {"rules": 0, "failed": 0},
        {"rules": 12},
        {"rules": "12", "failed": 0},
        Conformance.of([]).record(),
    ],
)
def test_a_record_that_ran_no_rule_or_is_missing_is_refused(record: object) -> None:
    with pytest.raises(RenderError, match="no rule was run"):
        accessibility_of(record)


@pytest.mark.parametrize(
    ("verdicts", "problems", "failed"),
    [
        ([], (), None),
        ([Verdict(rule) for rule in ALWAYS_RUN], (), 0),
        (
            [Verdict(rule, f"{rule} is wrong") for rule in ALWAYS_RUN],
            ("tagged is wrong",),
            len(ALWAYS_RUN),
        ),
        ([Verdict("tagged")], ("these rules were not run: bookmarks",), 0),
    ],
)
def test_the_gate_judges_what_its_own_check_counted(
    verdicts: list[Verdict], problems: tuple[str, ...], failed: int | None
) -> None:
    figures = PdfFigures(7, 1, "", 0, 0, (), (), Conformance.of(verdicts))
    if failed is None:
        with pytest.raises(RenderError, match="no rule was run"):
            judge_pages(figures)
        return
    found = judge_pages(figures)
    assert found.figures == {"accessibility": {"failed": failed}, "pages": 7}
    assert bool(found.problems) == bool(problems)
    assert all(any(line.startswith(p) for line in figures.conformance.faults()) for p in problems)
