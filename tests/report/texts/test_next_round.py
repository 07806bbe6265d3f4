"""Is every sentence of the next round true, or named before anything is built?

Round 2023 is made from the returns of 2022: other figures, a twelfth member, tables
filled that were empty, and other sources. Nobody has read the texts for it yet.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from builds import REPORTS
from next_round import JOINED, NEXT, next_round

from pipeline.contracts.model import Contracts
from pipeline.errors import NarrativeError, UserError
from pipeline.inspection.readback.bindings import Bindings
from pipeline.inspection.readback.values import read_register
from pipeline.project import Project
from pipeline.report.document.check_text import Fault, check_texts, write_texts
from pipeline.report.document.review import ALL_SHOWN, mark_read, unread_sections
from pipeline.report.ledger import Sentence
from pipeline.report.narrative.bound_text import Narrative
from pipeline.report.printing import Printing

pytestmark = pytest.mark.slow
Round = tuple[Project, Contracts]
_BINDING = re.compile(r"\[\[(.+?)\]\]")
# What the last round's texts say that no longer holds: the place, and words of the
# claim.
FALSE = {
    "shared/narrative/method.md": (
        "figures that the states had given to international organisations"
    ),
    "thb/narrative/citizenship.md": "Most of them",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Round:
    return next_round(tmp_path_factory.mktemp("next"))


@pytest.fixture(scope="module")
def faults(made: Round) -> tuple[Fault, ...]:
    return check_texts(*made, NEXT).faults


@pytest.fixture(scope="module")
def told(made: Round) -> dict[str, list[Sentence]]:
    """The sentences that each report's restricted version would print, were its faults
    let pass.
    """
    project, contracts = made
    found = {}
    for report in REPORTS:
        store = Printing(
            project.store(NEXT, report, "restricted"),
            contracts,
            report=report,
            version="restricted",
        )
        narrative = Narrative(
            project.templates / report / "narrative", store, tell=lambda problem: None
        )
        write_texts(store, project.templates, narrative=narrative)
        found[report] = [e for e in store.shown if isinstance(e, Sentence)]
    return found


def said(told: dict[str, list[Sentence]], report: str, place: str) -> str:
    return " ".join(e.text for e in told[report] if e.place.startswith(place))


def test_the_claims_that_no_longer_hold_are_all_named(faults: tuple[Fault, ...]) -> None:
    false = [f for f in faults if "do not bear out" in f.what]
    assert {f.where.split(" line ")[0] for f in false} == set(FALSE)
    for fault in false:
        assert FALSE[fault.where.split(" line ")[0]] in fault.what
        assert fault.allowed  # the figures that say otherwise


def test_every_other_fault_is_a_section_that_nobody_has_read(faults: tuple[Fault, ...]) -> None:
    others = [f.what for f in faults if "do not bear out" not in f.what]
    assert len(others) > 50
    assert all(
        re.fullmatch(r"the section '[a-z0-9-]+' was read for round 2022, not for round 2023", w)
        for w in others
    )


def test_a_text_that_nobody_has_read_for_the_round_does_not_build(made: Round) -> None:
    project, contracts = made
    store = Printing(
        project.store(NEXT, "thb", "restricted"), contracts, report="thb", version="restricted"
    )
    with pytest.raises(NarrativeError, match="not for round 2023"):
        write_texts(
            store,
            project.templates,
            narrative=Narrative(project.templates / "thb" / "narrative", store),
        )


def test_figures_that_came_in_are_told(told: dict[str, list[Sentence]]) -> None:
    summary = said(told, "octa", "executive.summary")
    assert (
        "Figures on smuggled goods seized were reported for 2023 by Bulgaria and Romania" in summary
    )
    assert "on terrorist attacks by Romania" in summary
    # two states gave 140 each
    assert "140 seizures of smuggled goods" not in said(told, "octa", "goods")
    assert "280 seizures of smuggled goods were reported (2 of 12 states)" in said(
        told, "octa", "goods.figures"
    )
    assert "620 containers were examined (2 of 12 states)" in said(
        told, "octa", "containers.figures"
    )
    assert "the last year with figures on acts against computer systems is 2023" in said(
        told, "octa", "financial_full"
    )
    assert "all eleven" not in " ".join(e.text for report in REPORTS for e in told[report])


def test_the_states_that_reported_are_named_by_the_data(
    told: dict[str, list[Sentence]],
) -> None:
    states = said(told, "migration", "introduction.states")
    stay = "Bulgaria, Greece, Hungary, Montenegro, Romania, Serbia and Croatia"
    assert f"Persons found illegally present were reported for 2023 by {stay}" in states
    assert f"and for the whole window by {stay}." in states
    assert "found by Bulgaria, Greece, Hungary, Montenegro and Romania" not in states


def test_a_new_member_is_counted_and_listed(told: dict[str, list[Sentence]]) -> None:
    assert "the returns of the twelve states" in said(told, "octa", "introduction.scope")
    assert "statistical returns of the twelve member states" in said(
        told, "thb", "introduction.scope"
    )
    assert f"RS Serbia, TR Türkiye and {JOINED} Croatia" in said(told, "thb", "coverage.overview")


def test_every_binding_says_what_a_second_program_works_out(
    made: Round, told: dict[str, list[Sentence]]
) -> None:
    """What names states, counts, years or publishers, judged by the check of finished
    versions.
    """
    project, contracts = made
    judged = 0
    for report in REPORTS:
        second = Bindings(
            read_register(project.store(NEXT, report, "restricted")), contracts, round_=NEXT
        )
        for entry in told[report]:
            bindings = _BINDING.findall(entry.bound)
            texts = [second.texts(b) for b in bindings]
            if any(b.startswith("claim ") and not t for b, t in zip(bindings, texts, strict=True)):
                assert any(words in entry.bound for words in FALSE.values()), entry.bound
                continue
            words = _BINDING.split(entry.bound)[::2]
            options = ["(?:" + "|".join(map(re.escape, t)) + ")" for t in texts] + [""]
            form = "".join(re.escape(w) + o for w, o in zip(words, options, strict=True))
            assert re.fullmatch(form, entry.text), entry.bound
            judged += len(bindings)
    assert judged > 500


@pytest.mark.thorough
def test_reading_shows_each_section_and_marks_it(made: Round) -> None:
    project, contracts = made
    waiting = unread_sections(project, contracts, round_=NEXT)
    names = [u.section.reference for u in waiting]
    assert {"thb/summary.reading", "octa/introduction.assessment", "shared/method.way"} <= set(
        names
    )
    shared = next(u for u in waiting if u.section.reference == "shared/method.way")
    assert shared.reports == ("thb", "migration", "octa")
    assert any("last read for round 2022" in line for line in shared.lines())
    with pytest.raises(UserError, match="thb/nothing.here: no section") as problem:
        mark_read(project, contracts, round_=NEXT, read="thb/nothing.here")
    assert ALL_SHOWN in problem.value.allowed


@pytest.mark.thorough
def test_a_round_whose_texts_were_read_and_corrected_has_no_fault_and_earlier_rounds_stay(
    made: Round,
) -> None:
    project, contracts = made
    shared = project.templates / "shared" / "narrative" / str(NEXT)
    shared.mkdir()
    (shared / "method.md").write_text(
        "# way general\n\nThe National Focal Points filled in returns.\n", "utf-8"
    )
    citizens = project.templates / "thb" / "narrative" / str(NEXT)
    citizens.mkdir()
    (citizens / "citizenship.md").write_text(
        "# overview reviewed: 2023\n\nMany are at home.\n", "utf-8"
    )
    marked = mark_read(
        project, contracts, round_=NEXT, read="thb/summary.reading, shared/method.way"
    )
    assert marked == ["thb/summary.reading", "shared/method.way"]
    assert (shared / "method.md").read_text("utf-8").startswith("# way general reviewed: 2023\n")
    text = (project.templates / "thb" / "narrative" / "summary.md").read_text("utf-8")
    assert "# reading reviewed: 2023\n" in text
    assert text.startswith("# findings reviewed: 2022\n")  # every sentence of it has a figure
    mark_read(project, contracts, round_=NEXT, read=ALL_SHOWN)
    assert check_texts(project, contracts, NEXT).faults == ()
    assert unread_sections(project, contracts, round_=NEXT) == []
    default = Path("thb", "narrative", "citizenship.md")
    # for the rounds before
    assert FALSE[default.as_posix()] in (project.templates / default).read_text("utf-8")


def test_the_check_lists_everything_at_once(made: Round) -> None:
    project = made[0]
    assert len(check_texts(*made, NEXT).versions) == len(project.reports)
