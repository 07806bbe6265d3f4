"""Is a long footnote on figures in question readable, and does it stay true where a
part stands in another report?
"""

from __future__ import annotations

from collections.abc import Callable

from pipeline.cells import Key
from pipeline.numbers.questions import Conflict
from pipeline.report.printing import Printing
from pipeline.report.questions import footnote

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
