"""Is a number's address read and written without loss, and does an error say what to
do?
"""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from pipeline.cells import CONF_LABEL, OBS_LABEL, OBS_SYMBOL, Cell, Key, plain
from pipeline.contracts.model import Contracts
from pipeline.errors import CheckError, ContractError, NarrativeError, RenderError, UserError
from pipeline.findings import Finding


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("21.000", "21"),
        ("1E+3", "1000"),
        ("12.340", "12.34"),
        ("0.000", "0"),
        ("-0.0", "0"),
        ("-3", "-3"),
    ],
)
def test_a_value_for_machines_is_plain_digits(value: str, text: str) -> None:
    assert plain(Decimal(value)) == text


@pytest.mark.parametrize(
    "text",
    [
        "THB_VICTIMS:RO.2022.F.Y_LT18",
        "THB_OFFENCES:SELEC.2022",
        "MIG_DETECTED:RO.2022.BTW.UA",
        "POPULATION:AL.2018",
        "THB_VICTIMS:SELEC_FIX.2018._T._T",
    ],
)
def test_a_key_is_written_as_it_was_read(text: str) -> None:
    assert str(Key.parse(text)) == text


def test_a_key_knows_its_state_and_year() -> None:
    key = Key.parse(" THB_VICTIMS:RO.2022.F.Y_LT18 ")
    assert (key.cube, key.state, key.year, key.codes[2:]) == (
        "THB_VICTIMS",
        "RO",
        2022,
        ("F", "Y_LT18"),
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "THB_VICTIMS",
        "THB_VICTIMS:",
        "THB_VICTIMS:RO",
        "thb_victims:RO.2022",
        "THB_VICTIMS:RO..2022",
        "THB:RO.2022.",
        "THB_VICTIMS:RO.2022:F",
        "THB VICTIMS:RO.2022",
        "THB_VICTIMS:RO.2022.F;drop",
        "THB_VICTIMS:RO.2022\nX",
    ],
)
def test_what_is_no_key_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UserError, match=r"is not a cell key[\s\S]*THB_VICTIMS:RO.2022.F.Y_LT18"):
        Key.parse(text)


def test_the_same_cell_of_another_state_or_year() -> None:
    key = Key.parse("THB_VICTIMS:RO.2022.F._T")
    assert str(key.at(state="SELEC")) == "THB_VICTIMS:SELEC.2022.F._T"
    assert str(key.at(year=2018)) == "THB_VICTIMS:RO.2018.F._T"
    assert key.at() == key


def test_a_withheld_cell_has_no_value_to_show() -> None:
    key = Key.parse("THB_OFFENCES:RO.2022")
    assert Cell(key, Decimal(0), "offences").has_value
    assert not Cell(key, None, "offences").has_value
    assert not Cell(key, Decimal(7), "offences", withheld=True).has_value


def test_every_status_of_the_code_lists_has_a_printed_meaning(contracts: Contracts) -> None:
    assert {c.code for c in contracts.codelist("obs_status")} <= set(OBS_LABEL)
    assert {c.code for c in contracts.codelist("conf_status")} <= set(CONF_LABEL)
    assert set(OBS_SYMBOL) <= set(OBS_LABEL)


def test_an_error_says_where_what_is_allowed_and_what_to_do() -> None:
    problem = UserError("'XX' is not a state", where="line 3", allowed="AL, BA", do="correct it")
    assert str(problem).splitlines() == [
        "line 3: 'XX' is not a state",
        "  allowed: AL, BA",
        "  to do:   correct it",
    ]
    assert str(UserError("only what")) == "only what"


def test_each_kind_of_error_has_its_own_exit_code() -> None:
    kinds = (UserError, ContractError, CheckError, NarrativeError, RenderError)
    codes = [k.exit_code for k in kinds]
    assert len(set(codes)) == len(codes)
    assert not {0, 1} & set(codes)  # 1 is a bug with its traceback


def finding(**changes: object) -> Finding:
    facts: dict[str, object] = {
        "round": 2022,
        "report": "thb",
        "state": "RO",
        "file": "RO.xlsx",
        "sheet": "S",
        "cell": "D7",
        "table": "T",
        "key": "",
        "rule": "r",
        "severity": "query",
        "found": "x",
        "allowed": "y",
        "do": "z",
    }
    return Finding(**{**facts, **changes})  # type: ignore[arg-type]


def test_errors_of_a_state_stand_before_queries_and_notes() -> None:
    found = [
        finding(severity="note"),
        finding(severity="query"),
        finding(severity="error", cell="Z9"),
    ]
    assert [f.severity for f in sorted(found, key=lambda f: f.sort_key)] == [
        "error",
        "query",
        "note",
    ]


def test_a_finding_reads_back_as_it_was_written() -> None:
    told = finding(query="q12345678", remark="asked")
    assert told.as_json()["cell"] == "D7"
    assert Finding.from_json(json.loads(json.dumps(told.as_json()))) == told
    earlier = {k: v for k, v in finding().as_json().items() if k not in ("query", "known")}
    assert Finding.from_json(earlier) == finding()


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"severity": "warning"}, "severity"),
        ({"round": "2022"}, "round"),
        ({"cell": None}, "cell"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_is_no_finding_is_refused_by_what_is_wrong(
    changed: dict[str, object], named: str
) -> None:
    with pytest.raises(ValueError, match=f"wrong in {named}$"):
        Finding.from_json({**finding().as_json(), **changed})
    with pytest.raises(ValueError, match="wrong in state$"):
        Finding.from_json({k: v for k, v in finding().as_json().items() if k != "state"})
    with pytest.raises(ValueError, match="no finding"):
        Finding.from_json(["thb"])
