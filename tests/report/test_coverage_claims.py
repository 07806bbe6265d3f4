"""Is coverage bound like numbers: who reported, until when, who made a movement, from
which source?
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.contracts.model import Contracts
from pipeline.errors import NarrativeError, UserError
from pipeline.inspection.readback.bindings import Bindings
from pipeline.inspection.readback.values import read_register
from pipeline.inspection.readback.who import LastGiven
from pipeline.numbers.stored_tables import StoredSource
from pipeline.report.exhibits.layout import variables
from pipeline.report.last_given import LastYears
from pipeline.report.narrative.bound_text import Narrative
from pipeline.report.narrative.commands import operands_of
from pipeline.report.printing import Printing

MakeStore = Callable[..., Printing]
Tell = Callable[..., str]

P = "THB_PERSONS"
V = "THB_VICTIMS"
ALL = ["AL", "BA", "BG", "GR", "HU", "MD", "ME", "MK", "RO", "RS", "TR"]
CELLS = f"""
key                        | value | states
{P}:SELEC.2018.CONV._T     | 100   | GR HU
{P}:SELEC.2021.CONV._T     | 300   | GR HU RO
{P}:SELEC.2022.CONV._T     | 900   | GR HU RO
{P}:GR.2021.CONV._T        | 100   |
{P}:GR.2022.CONV._T        | 150   |
{P}:HU.2021.CONV._T        | 100   |
{P}:HU.2022.CONV._T        | 700   |
{P}:RO.2021.CONV._T        | 100   |
{P}:RO.2022.CONV._T        | 50    |
{P}:MD.2022.CONV._T        | <5    |
{P}:BG.2022.CONV._T        | :     |
{P}:GR.2018.PROS._T        | 30    |
{P}:GR.2019.PROS._T        | 31    |
{P}:GR.2020.PROS._T        | 0     |
{P}:GR.2021.PROS._T        | 33    |
{P}:GR.2022.PROS._T        | 34    |
{P}:RO.2020.PROS._T        | 35    |
{P}:SELEC.2021.SUSP._T     | 60    | GR RO
{P}:SELEC.2022.SUSP._T     | 60    | GR HU
{P}:RO.2020.SUSP._T        | 60    |
THB_OFFENCES:RO.2019       | 12    |
"""
EVERY = "key | value\n" + "\n".join(f"{V}:{s}.2022._T._T | 30" for s in ALL)
HIDDEN = CELLS.replace("| <5 ", "| c  ")
SOURCES = [
    StoredSource(
        "RO",
        "thb",
        P,
        "UNODC, Trafficking in persons (GLOTIP), release 1; Eurostat, crim_off_cat",
        "",
    ),
    StoredSource("RO", "thb", V, "UNODC, Trafficking in persons (GLOTIP), release 1", ""),
]

SAID = [
    (f"reporters {P}:*.2022.CONV._T", "Greece, Hungary, the Republic of Moldova and Romania"),
    (f"reporters {P}:*.2022.PROS._T whole window", "Greece"),
    (f"reporters {P}:*.2022.SUSP._T", "no state"),
    ("reporters THB_OFFENCES:*.2019", "Romania"),
    (f"lastyear {P}:*.2022.SUSP._T", "2020"),
    (f"lastyear {P}:*.2021.PROS._T", "2021"),
    ("lastyear THB_OFFENCES:*.2022", "2019"),
    ("members", "eleven"),
    (
        "memberlist codes",
        (
            "AL Albania, BA Bosnia and Herzegovina, BG Bulgaria, GR Greece, HU Hungary, MD Republic"
            " of Moldova, ME Montenegro, MK North Macedonia, RO Romania, RS Serbia and TR Türkiye"
        ),
    ),
    ("publishers", "Eurostat and UNODC"),
    (f"driver {P}:SELEC.2022.CONV._T since 2021", "Hungary (from 100 to 700)"),
    (f"leader {P}:*.2022.CONV._T", "Hungary (77.8 per cent)"),
]
TRUE = [
    "empty THB_ASSETS",
    "empty THB_OFFENCES in 2022",
    f"empty {P}:*.2022.SUSP._T",
    f"last-year {P}:*.2022.SUSP._T is 2020",
    f"none {P}:*.2022.SUSP._T",
    f"few-report {P}:*.2022.CONV._T",
    f"same-states {P}:SELEC.2022.CONV._T since 2021",
    f"other-states {P}:SELEC.2022.SUSP._T since 2021",
    f"differ {P}:SELEC.2022.SUSP._T than {P}:SELEC.2022.CONV._T",
    f"driver HU of {P}:SELEC.2022.CONV._T since 2021",
    f"much HU of {P}:SELEC.2022.CONV._T since 2021",
    f"apart {P}:*.2022.CONV._T since 2021",
    "source-is UNODC,Eurostat",
    f"source-is UNODC of {V}",
]
FALSE = [
    f"empty {P}",
    "empty THB_OFFENCES",
    "empty THB_OFFENCES in 2019",
    f"empty {P}:*.2022.CONV._T",
    f"last-year {P}:*.2022.SUSP._T is 2022",
    f"none {P}:*.2022.CONV._T",
    f"every {P}:*.2022.CONV._T",
    f"most-report {P}:*.2022.CONV._T",
    f"same-states {P}:SELEC.2022.SUSP._T since 2021",
    f"other-states {P}:SELEC.2022.CONV._T since 2021",
    f"differ {P}:SELEC.2021.CONV._T than {P}:SELEC.2022.CONV._T",
    f"driver GR of {P}:SELEC.2022.CONV._T since 2021",
    f"much GR of {P}:SELEC.2022.CONV._T since 2021",
    f"much RO of {P}:SELEC.2022.CONV._T since 2021",
    "source-is UNODC",
    "source-is Eurostat",
]


@pytest.fixture
def tell(tmp_path: Path, store: MakeStore) -> Tell:
    def write(text: str, cells: str = CELLS) -> str:
        texts = tmp_path / "thb" / "narrative"
        texts.mkdir(parents=True, exist_ok=True)
        (texts / "chapter.md").write_text(f"# s reviewed: 2022\n\n{text}\n", encoding="utf-8")
        made = store(cells, sources=SOURCES)
        return str(
            Narrative(texts, made).paragraphs("chapter", "s", values=variables(made))
        ).strip()

    return write


@pytest.mark.parametrize(("binding", "text"), SAID)
def test_a_binding_names_what_the_figures_name(tell: Tell, binding: str, text: str) -> None:
    assert tell(f"Words: [[{binding}]]. End.") == f"<p>Words: {text}. End.</p>"


@pytest.mark.parametrize("claim", TRUE)
def test_a_claim_of_coverage_that_holds_is_printed(tell: Tell, claim: str) -> None:
    assert tell(f"Words. [[claim {claim}: So it is]]. End.") == "<p>Words. So it is. End.</p>"


@pytest.mark.parametrize("claim", FALSE)
def test_a_claim_of_coverage_that_does_not_hold_stops_the_build(tell: Tell, claim: str) -> None:
    with pytest.raises(NarrativeError, match="do not bear out 'So it is'") as problem:
        tell(f"Words. [[claim {claim}: So it is]]. End.")
    assert problem.value.allowed


def test_a_state_that_suppressed_its_figure_is_not_silent(tell: Tell) -> None:
    told = tell(f"No figure from [[silent {P}:*.2022.CONV._T]].")
    assert "Bulgaria" in told
    assert "Moldova" not in told


def test_where_all_are_silent_no_list_is_printed_and_where_nobody_is_no_sentence(
    tell: Tell,
) -> None:
    assert (
        tell(f"No figure came from [[silent {P}:*.2022.SUSP._T]].")
        == "<p>No figure came from any member state.</p>"
    )
    assert (
        tell(f"Words. No figure came from [[silent {V}:*.2022._T._T]].", EVERY) == "<p>Words.</p>"
    )
    assert (
        tell(f"Figures came from [[reporters {V}:*.2022._T._T]].", EVERY)
        == "<p>Figures came from all eleven member states.</p>"
    )


def test_the_silent_are_named_in_a_negation(tell: Tell) -> None:
    with pytest.raises(NarrativeError, match="stands in no negation"):
        tell(f"A figure came from [[silent {P}:*.2022.CONV._T]].")


@pytest.mark.parametrize(
    "binding",
    [
        f"reporters {P}:*.2022.CONV._T",
        f"silent {P}:*.2022.CONV._T",
        f"leader {P}:*.2022.CONV._T",
        f"claim few-report {P}:*.2022.CONV._T: few",
        f"claim none {P}:*.2022.CONV._T: nobody",
    ],
)
def test_nothing_is_said_over_a_hidden_figure(tell: Tell, binding: str) -> None:
    assert tell(f"Words. There is no [[{binding}]]. End.", HIDDEN) == "<p>Words. End.</p>"


def test_a_hidden_figure_was_given_all_the_same(tell: Tell) -> None:
    assert tell(f"The last: [[lastyear {P}:*.2022.CONV._T]].", HIDDEN) == "<p>The last: 2022.</p>"


def test_a_movement_that_no_state_makes_alone_has_no_driver(tell: Tell) -> None:
    even = (
        CELLS.replace("| 700 ", "| 150 ")
        .replace("| 900 ", "| 400 ")
        .replace("| 50    |", "| 150   |")
    )
    assert (
        tell(f"Words. It was [[driver {P}:SELEC.2022.CONV._T since 2021]].", even)
        == "<p>Words.</p>"
    )


def test_the_last_year_is_a_variable_of_texts_and_exhibits(tell: Tell, store: MakeStore) -> None:
    text = f"In {{last:{P}.SUSP}} it was [[{P}:RO.{{last:{P}.SUSP}}.SUSP._T]]."
    assert tell(text) == "<p>In 2020 it was 60.</p>"
    assert tell("Words. The last year is {last:THB_ASSETS}. End.") == "<p>Words. End.</p>"
    last = LastYears(store(CELLS))
    assert (f"{last:THB_OFFENCES}", f"{last:THB_ASSETS}", f"{last:THB_PERSONS.*._T}") == (
        "2019",
        "2022",
        "2022",
    )
    with pytest.raises(UserError, match="too many codes"):
        format(last, "THB_OFFENCES.X")


@pytest.mark.parametrize(
    "binding",
    [
        "reporters THB_PERSONS:RO.2022.CONV._T",
        "reporters THB_PERSONS:*.2022.*._T",
        "lastyear THB_OFFENCES:RO.2022",
        "reporters NO_TABLE:*.2022",
        "members now",
        "driver THB_OFFENCES:SELEC.2022",
        "claim empty NO_TABLE: empty",
        "claim driver XX of THB_PERSONS:SELEC.2022.CONV._T since 2021: it is",
        "claim source-is: it is",
    ],
)
def test_a_binding_to_nothing_is_told_with_its_line(tell: Tell, binding: str) -> None:
    with pytest.raises(NarrativeError, match="line 3"):
        tell(f"Words [[{binding}]].")


def test_the_check_of_finished_versions_works_it_all_out_by_itself(
    store: MakeStore, contracts: Contracts, tmp_path: Path
) -> None:
    store(CELLS, sources=SOURCES)
    second = Bindings(read_register(tmp_path / "store.duckdb"), contracts, round_=2022)
    for binding, text in SAID:
        assert text in second.texts(binding), binding
    for claim in TRUE:
        assert second.texts(f"claim {claim}: words") == ("words",), claim
    for claim in FALSE:
        assert second.texts(f"claim {claim}: words") == (), claim
    assert f"{LastGiven(second.who):THB_OFFENCES}" == "2019"
    store(HIDDEN, sources=SOURCES)
    second = Bindings(read_register(tmp_path / "store.duckdb"), contracts, round_=2022)
    assert second.texts(f"reporters {P}:*.2022.CONV._T") == ()
    assert second.texts(f"silent {P}:*.2022.CONV._T") == ()


def test_what_stands_behind_a_name_can_be_asked(store: MakeStore) -> None:
    made = store(CELLS, sources=SOURCES)
    assert f"{P}:GR.2019.PROS._T" in operands_of(made, f"reporters {P}:*.2022.PROS._T whole window")
    assert f"{P}:HU.2021.CONV._T" in operands_of(
        made, f"claim driver HU of {P}:SELEC.2022.CONV._T since 2021: words"
    )
    assert operands_of(made, f"leader {P}:*.2022.CONV._T")[0].startswith("share(")
    assert operands_of(made, "state HU") == []
