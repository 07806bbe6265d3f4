"""Is a long footnote on figures in question readable, and does it stay true where a
part stands in another report?
"""

from __future__ import annotations

from collections.abc import Callable

from pipeline.cells import Key
from pipeline.numbers.questions import Conflict
from pipeline.report.printing import Printing
from pipeline.report.questions import LISTED, MOST_TOLD, footnote

MakeStore = Callable[..., Printing]
V = "THB_VICTIMS"
ALL, ADULTS, WOMEN = (f"{V}:MD.2022.{c}" for c in ("_T._T", "_T.Y_GE18", "F._T"))
FORCED = f"{V}_FORM:MD.2022.LAB.F._T"
CONVICTED, OF_THEM = "THB_PERSONS:RO.2022.CONV._T", "THB_CONV_FORM:RO.2022.SEX"


def test_state_year_and_measure_are_named_once(store: MakeStore) -> None:
    made = store(
        f"""
        key      | value | question | counts | wholes
        {ALL}    | 43    | whole    | yes    | {ALL}
        {ADULTS} | 107   | part     | no     | {ALL}
        {WOMEN}  | 13    | whole    | yes    | {WOMEN}
        {FORCED} | 84    | part     | no     | {WOMEN}
        """,
        conflicts=[
            Conflict("MD", 2022, ALL, V, V, ("age",), ADULTS, (ADULTS,), "", ""),
            Conflict("MD", 2022, WOMEN, V, f"{V}_FORM", ("form",), FORCED, (FORCED,), "", ""),
        ],
    )
    text = footnote(made, map(Key.parse, (ALL, WOMEN)))
    assert (
        text.count("Republic of Moldova 2022: registered victims")
        == text.count("registered victims")
        == 1
    )
    assert (
        f"Female [[{WOMEN}]], but forced labour or services, Female [[{FORCED}]]; total"
        f" [[{ALL}]], but" in text
    )


def test_a_part_of_another_report_has_no_empty_figure(store: MakeStore) -> None:
    made = store(
        f"""
        key         | value | question | counts | wholes
        {CONVICTED} | 164   | whole    | yes    | {CONVICTED}
        """,
        conflicts=[
            Conflict(
                "RO",
                2022,
                CONVICTED,
                "THB_PERSONS",
                "THB_CONV_FORM",
                ("form",),
                OF_THEM,
                (OF_THEM,),
                "",
                "",
            )
        ],
    )
    text = footnote(made, [Key.parse(CONVICTED)])
    assert OF_THEM not in text
    assert (
        f"[[{CONVICTED}]], but persons convicted: Sexual exploitation, which stands in another"
        " report," in text
    )
    assert Key.parse(OF_THEM) not in made.printed


def in_question(count: int, resolution: str = "") -> tuple[str, list[str], list[Conflict]]:
    """Cells, their keys and conflicts of so many wholes of one state: women by year and
    adults by year.
    """
    wholes = [f"{V}:MD.{2018 + n % 5}.{('F._T', '_T._T')[n // 5]}" for n in range(count)]
    parts = [w.replace("._T", ".Y_GE18") if ".F." in w else f"{w[:-2]}Y_GE18" for w in wholes]
    lines = ["key | value | question | counts | wholes"]
    for whole, part in zip(wholes, parts, strict=True):
        lines += [f"{whole} | 43 | whole | yes | {whole}", f"{part} | 107 | part | no | {whole}"]
    conflicts = [
        Conflict("MD", int(w.split(".")[1]), w, V, V, ("age",), p, (p,), resolution, "")
        for w, p in zip(wholes, parts, strict=True)
    ]
    return "\n".join(lines), wholes, conflicts


def test_many_figures_in_question_are_left_to_the_annex_that_lists_them(store: MakeStore) -> None:
    cells, wholes, conflicts = in_question(MOST_TOLD)
    told = footnote(store(cells, conflicts=conflicts), map(Key.parse, wholes))
    assert told.count("but") == MOST_TOLD
    assert LISTED not in told

    cells, wholes, conflicts = in_question(MOST_TOLD + 1)
    left = footnote(store(cells, conflicts=conflicts), map(Key.parse, wholes))
    assert "[[" not in left
    assert "figures that are marked are listed in the annex on figures under question" in left
    assert "Until the state has answered" in left


def test_what_the_annex_does_not_list_is_told_however_much_it_is(store: MakeStore) -> None:
    """The annex has no figure of another report's table, and none that was answered."""
    cells, wholes, conflicts = in_question(MOST_TOLD + 1)
    elsewhere = store(cells, report="octa", conflicts=conflicts)
    assert footnote(elsewhere, map(Key.parse, wholes)).count("but") == MOST_TOLD + 1

    cells, wholes, conflicts = in_question(MOST_TOLD + 1, resolution="whole")
    answered = footnote(store(cells, conflicts=conflicts), map(Key.parse, wholes))
    assert answered.count("but") == MOST_TOLD + 1
    assert answered.endswith("The state said that the whole counts.")
