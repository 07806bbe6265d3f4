"""Does a table of Eurostat say the same in every form that the service gives, and is a
damaged file of it refused in words?
"""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import damage as d
import pytest

from pipeline.contracts.model import Contracts
from pipeline.contracts.sources import load_sources
from pipeline.errors import UserError
from pipeline.returns.importers.citizenships import read_citizenship
from pipeline.returns.importers.figures import Reading, find_state, is_elsewhere, scope_of_round
from pipeline.returns.importers.run import read_source

ROUND = 2022
Rows = list[tuple[tuple[str, ...], str, str, str]]  # codes, year, figure, flag
LABELS = {
    "A": "Annual",
    "NR": "Number",
    "P_HTHAB": "Per hundred thousand inhabitants",
    "ICCS0601": "Unlawful acts involving controlled drugs",
    "RO": "Romania",
    "EL": "Greece",
    "TOTAL": "Total",
    "T": "Total",
    "PER": "Person",
    "OVERSTAY": "Overstay",
}
CRIME = ("iccs", "unit", "geo")
PRESENT = ("reason", "apprehen", "citizen", "sex", "age", "unit", "geo")
REFUSED = ("border", "unit", "reason", "citizen", "geo")
OF_CRIME: Rows = [
    (("ICCS0601", "NR", "RO"), "2021", "11", ""),
    (("ICCS0601", "NR", "RO"), "2022", "12", "b"),
    (("ICCS0601", "NR", "EL"), "2022", "", "c"),
    (("ICCS0601", "P_HTHAB", "RO"), "2022", "0.06", ""),
]
CELLS_OF_CRIME = {
    "OCT_DRUG_OFFENCES:RO.2021": ("11", ""),
    "OCT_DRUG_OFFENCES:RO.2022": ("12", "B"),
    "OCT_DRUG_OFFENCES:GR.2022": ("c", "Q"),
}
WHOLE = ("TOTAL", "TOTAL", "TOTAL", "T", "TOTAL", "PER")
OF_PRESENT: Rows = [
    ((*WHOLE, "RO"), "2022", "120", "e"),
    (("OVERSTAY", *WHOLE[1:], "RO"), "2022", "15", ""),
]
CELLS_OF_PRESENT = {"MIG_STAY:RO.2022._T._T": ("120", "E"), "MIG_STAY:RO.2022.OVER._T": ("15", "")}
OF_REFUSED: Rows = [(("TOTAL", "PER", "TOTAL", "TOTAL", "RO"), "2022", "70", "p")]
CELLS_OF_REFUSED = {"MIG_REFUSED:RO.2022._T._T": ("70", "P")}


def csv_codes(dimensions: tuple[str, ...], rows: Rows) -> bytes:
    heads = ["DATAFLOW", "LAST UPDATE", "freq", *dimensions, "TIME_PERIOD", "OBS_VALUE", "OBS_FLAG"]
    body = [["ESTAT:X(1.0)", "28/03/25 23:00:00", "A", *c, y, v, f] for c, y, v, f in rows]
    return d.as_csv([heads, *body])


def csv_both(dimensions: tuple[str, ...], rows: Rows) -> bytes:
    """The first version with labels beside codes, in heads and in cells."""
    parts = [f"{name}: {name.title()} of it" for name in dimensions]
    heads = ["DATAFLOW", "freq: Time frequency", *parts]
    heads += ["TIME_PERIOD: Time", "OBS_VALUE: Value", "OBS_FLAG: Flag"]
    body = [
        ["ESTAT:X(1.0)", "A: Annual", *(f"{c}: {LABELS[c]}" for c in codes), y, v, f]
        for codes, y, v, f in rows
    ]
    return d.as_csv([heads, *body])


def csv_second(dimensions: tuple[str, ...], rows: Rows) -> bytes:
    """The second version, with an action and labels in columns of their own."""
    names = ("freq", *dimensions)
    heads = ["STRUCTURE", "STRUCTURE_ID", "STRUCTURE_NAME", "ACTION"]
    heads += [h for n in names for h in (n, f"{n.title()} of it")]
    heads += ["TIME_PERIOD", "Time", "OBS_VALUE", "Value", "OBS_FLAG", "Status"]
    body = []
    for codes, year, value, flag in rows:
        both = [x for code in ("A", *codes) for x in (code, LABELS[code])]
        body.append(["dataflow", "ESTAT:X(1.0)", "X", "I", *both, year, "", value, "", flag, ""])
    return d.as_csv([heads, *body])


def tsv(dimensions: tuple[str, ...], rows: Rows) -> bytes:
    """One line a key, one column a year, the key in another order than the list's."""
    order = tuple(reversed(("freq", *dimensions)))
    years = sorted({year for _, year, _, _ in rows})
    lines = []
    for key in dict.fromkeys(codes for codes, _, _, _ in rows):
        named = dict(zip(("freq", *dimensions), ("A", *key), strict=True))
        given = {y: f"{v or ':'} {f}".strip() for c, y, v, f in rows if c == key}
        lines.append([",".join(named[n] for n in order), *(given.get(y, ": ") for y in years)])
    return d.as_csv([[f"{','.join(order)}\\TIME_PERIOD", *(f"{y} " for y in years)], *lines], "\t")


def document(dimensions: tuple[str, ...], rows: Rows) -> dict[str, Any]:
    """A dataset of JSON-stat 2.0 with the values as object."""
    names = ("freq", *dimensions, "time")
    keys = [("A", *codes, year) for codes, year, _, _ in rows]
    codes = [tuple(dict.fromkeys(key[n] for key in keys)) for n in range(len(names))]
    sizes = [len(c) for c in codes]
    places = []
    for key in keys:
        place = 0
        for n, code in enumerate(key):
            place = place * sizes[n] + codes[n].index(code)
        places.append(place)
    return {
        "version": "2.0",
        "class": "dataset",
        "label": "A table",
        "updated": "2025-03-28T23:00:00+0100",
        "id": list(names),
        "size": sizes,
        "dimension": {
            name: {
                "label": name,
                "category": {
                    "index": {c: n for n, c in enumerate(codes[at])},
                    "label": {c: LABELS.get(c, c) for c in codes[at]},
                },
            }
            for at, name in enumerate(names)
        },
        "value": {
            str(p): float(r[2]) if "." in r[2] else int(r[2])
            for p, r in zip(places, rows, strict=True)
            if r[2]
        },
        "status": {str(p): r[3] for p, r in zip(places, rows, strict=True) if r[3]},
    }


def json_object(dimensions: tuple[str, ...], rows: Rows) -> bytes:
    return json.dumps(document(dimensions, rows)).encode()


def json_list(dimensions: tuple[str, ...], rows: Rows) -> bytes:
    """The same with lists: of values, of statuses and of categories."""
    given = document(dimensions, rows)
    total = math.prod(given["size"])
    for part in ("value", "status"):
        given[part] = [given[part].get(str(n)) for n in range(total)]
    for dimension in given["dimension"].values():
        dimension["category"]["index"] = list(dimension["category"]["index"])
    return b"\xef\xbb\xbf" + json.dumps(given, indent=1).encode()


Form = Callable[[tuple[str, ...], Rows], bytes]
FORMS: tuple[Form, ...] = (csv_codes, csv_both, csv_second, tsv, json_object, json_list)
WITH_LABELS: tuple[Form, ...] = (csv_both, csv_second, json_object, json_list)


def read(tmp_path: Path, contracts: Contracts, source: str, content: bytes) -> Reading:
    path = tmp_path / "published.dat"
    path.write_bytes(content)
    return read_source(contracts, source, file=path, round_=ROUND)


def cells(reading: Reading) -> dict[str, tuple[str, str]]:
    return {str(f.key): (f.text, f.obs_status) for f in reading.figures if f.text}


@pytest.mark.parametrize(
    ("source", "dimensions", "rows", "wanted", "form"),
    [
        *(("eurostat_crime", CRIME, OF_CRIME, CELLS_OF_CRIME, form) for form in FORMS),
        *(
            ("eurostat_migration", PRESENT, OF_PRESENT, CELLS_OF_PRESENT, form)
            for form in WITH_LABELS
        ),
        *(("eurostat_migration", REFUSED, OF_REFUSED, CELLS_OF_REFUSED, form) for form in FORMS),
    ],
)
def test_a_table_is_the_same_cells_in_every_form(
    tmp_path: Path,
    contracts: Contracts,
    source: str,
    dimensions: tuple[str, ...],
    rows: Rows,
    wanted: dict[str, tuple[str, str]],
    form: Form,
) -> None:
    reading = read(tmp_path, contracts, source, form(dimensions, rows))
    assert cells(reading) == wanted
    rates = sum(codes[1] == "P_HTHAB" for codes, *_ in rows)
    # there a row is one year of one line, with a figure or without
    assert reading.skipped_by_rule.get("rate_not_count", 0) == rates * (2 if form is tsv else 1)


@pytest.mark.parametrize("form", [csv_codes, tsv])
def test_persons_found_by_codes_alone_are_refused_not_lost(
    tmp_path: Path, contracts: Contracts, form: Form
) -> None:
    with pytest.raises(UserError, match="labels are codes: 'OVERSTAY' in the column reason"):
        read(tmp_path, contracts, "eurostat_migration", form(PRESENT, OF_PRESENT))


@pytest.mark.parametrize("form", [csv_codes, json_object, json_list])
def test_the_release_is_what_the_file_says(
    tmp_path: Path, contracts: Contracts, form: Form
) -> None:
    """The same in each form, and one that a cover may name."""
    reading = read(tmp_path, contracts, "eurostat_migration", form(REFUSED, OF_REFUSED))
    assert reading.source.release == "release 28/03/25 23:00:00"
    assert load_sources(contracts.codelists).named(reading.source.cited)


def test_one_status_alone_is_that_of_every_value(tmp_path: Path, contracts: Contracts) -> None:
    given = document(REFUSED, OF_REFUSED)
    for status in ("e", ["e"]):
        content = json.dumps({**given, "status": status}).encode()
        reading = read(tmp_path, contracts, "eurostat_migration", content)
        assert cells(reading) == {"MIG_REFUSED:RO.2022._T._T": ("70", "E")}


def test_a_row_that_deletes_is_no_observation(tmp_path: Path, contracts: Contracts) -> None:
    content = csv_second(CRIME, OF_CRIME).replace(b",I,A,Annual", b",D,A,Annual", 1)
    with pytest.raises(UserError, match="no observation: 'D' in the column ACTION"):
        read(tmp_path, contracts, "eurostat_crime", content)


@pytest.mark.parametrize("form", [csv_codes, csv_second])
def test_a_dimension_that_no_list_names_is_told_where_its_parts_would_stand_for_the_whole(
    tmp_path: Path, contracts: Contracts, form: Form
) -> None:
    rows = [((*codes, part), y, v, f) for codes, y, v, f in OF_CRIME for part in ("TOTAL", "T")]
    with pytest.raises(UserError, match="'leg_stat' is a dimension that is not known"):
        read(tmp_path, contracts, "eurostat_crime", form((*CRIME, "leg_stat"), rows))


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("freq,iccs,unit", "parts of the key are missing: geo"),
        ("geo,iccs,freq,sex,unit", "parts of the key are not known: sex"),
        ("freq,leg_stat,unit,geo", "missing: iccs; parts of the key are not known: leg_stat"),
    ],
)
def test_a_key_of_other_parts_is_told_by_its_parts(
    tmp_path: Path, contracts: Contracts, key: str, said: str
) -> None:
    content = f"{key}\\TIME_PERIOD\t2022 \n{'X,' * key.count(',')}RO\t5 \n".encode()
    with pytest.raises(UserError, match=said) as problem:
        read(tmp_path, contracts, "eurostat_crime", content)
    assert problem.value.where.endswith("row 1")


def _changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    given = copy.deepcopy(document(CRIME, OF_CRIME))
    change(given)
    return json.dumps(given).encode()


def _shift(given: dict[str, Any]) -> None:
    given["value"] = list(range(math.prod(given["size"]) - 1))


def _rename(given: dict[str, Any], old: str, new: str) -> None:
    given["id"] = [new if name == old else name for name in given["id"]]
    given["dimension"][new] = given["dimension"].pop(old)


DAMAGED: dict[str, tuple[bytes, str]] = {
    "cut off": (json_object(CRIME, OF_CRIME)[:-40], "cannot be read as JSON"),
    "no dataset": (_changed(lambda g: g.update({"class": "collection"})), "'collection', not data"),
    "an answer of the service": (b'{"error":[{"status":404,"label":"none"}]}', "not dataset"),
    "no number": (
        json_object(CRIME, OF_CRIME).replace(b": 11", b": NaN"),
        "NaN is no value",
    ),
    "a key twice": (
        json_object(CRIME, OF_CRIME).replace(b'"id":', b'"id": ["a"], "id":'),
        "'id' stands twice",
    ),
    "nested": (b'{"class":' + b"[" * 100_000, "nested too deep"),
    "no sizes": (_changed(lambda g: g.pop("size")), "id, size or dimension is missing"),
    "another size": (_changed(lambda g: g["size"].__setitem__(1, 7)), "its size is 7"),
    "a huge size": (
        _changed(lambda g: g["size"].__setitem__(1, 10**12)),
        "its size is 1000000000000",
    ),
    "fewer values": (_changed(_shift), "the dimensions give"),
    "a place outside": (_changed(lambda g: g["value"].update({"99": 1})), "'99' is no place"),
    "a place below": (_changed(lambda g: g["value"].update({"-1": 1})), "'-1' is no place"),
    "a place twice": (_changed(lambda g: g["value"].update({"00": 1})), "stands twice"),
    "no values": (_changed(lambda g: g.pop("value")), "no value as list or as object"),
    "no order": (
        _changed(lambda g: g["dimension"]["geo"]["category"].update(index={"RO": 0, "EL": 0})),
        "no single order",
    ),
    "no categories": (_changed(lambda g: g["dimension"].update(geo={})), "has no categories"),
    "no time": (_changed(lambda g: _rename(g, "time", "quarter")), "no dimension of time"),
    "another table": (
        _changed(lambda g: _rename(g, "iccs", "leg_stat")),
        "dimensions are missing: iccs; dimensions are not known: leg_stat",
    ),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_dataset_is_refused_in_words(
    tmp_path: Path, contracts: Contracts, name: str
) -> None:
    content, said = DAMAGED[name]
    with pytest.raises(UserError, match=said) as problem:
        read(tmp_path, contracts, "eurostat_crime", content)
    assert "published.dat" in problem.value.where
    assert problem.value.do


@pytest.mark.parametrize(
    ("value", "rule"), [("true", "boolean_in_number"), ('"many"', "not_a_number")]
)
def test_a_value_that_is_no_number_is_lost_in_sight(
    tmp_path: Path, contracts: Contracts, value: str, rule: str
) -> None:
    content = json_object(CRIME, OF_CRIME).replace(b": 11", f": {value}".encode())
    reading = read(tmp_path, contracts, "eurostat_crime", content)
    assert reading.skipped_by_rule[rule] == 1
    assert "OCT_DRUG_OFFENCES:RO.2021" not in cells(reading)


# Names of countries as lists and older releases write them.

SAME = {
    "MD": ("Moldova, Republic of", "Moldova (the Republic of)", "REPUBLIC OF MOLDOVA"),
    "MK": (
        "Former Yugoslav Republic of Macedonia, the",
        "Macedonia, the former Yugoslav Republic of",
        "The former Yugoslav Rep. of Macedonia",
        "FYROM",
    ),
    "GR": ("EL", "Hellenic Republic"),
    "BA": ("Bosnia-Herzegovina", "Bosnia & Herzegovina"),
    "RS": ("Serbia, Republic of", "Serbia (the Republic of)"),
}
ELSEWHERE = {
    "IR": ("Iran, Islamic Republic of",),
    "KR": ("Korea, Republic of", "Korea (the Republic of)"),
    "KP": ("Korea, Democratic People's Republic of", "Korea (the Democratic People’s Republic of)"),
    "CD": ("Congo, the Democratic Republic of the", "Congo, Democratic Republic of"),
    "CG": ("Congo", "The Congo"),
    "GM": ("Gambia (The)", "Gambia, The"),
    "GN": ("Guinea",),
    "GW": ("Guinea Bissau", "Guinea-Bissau"),
    "GQ": ("Guinea, Equatorial",),
    "PS": ("Palestinian territory, Occupied",),
}


@pytest.mark.parametrize(
    ("code", "name"), [(c, n) for c, names in (SAME | ELSEWHERE).items() for n in names]
)
def test_a_country_is_known_by_its_name_in_any_order_of_words(
    contracts: Contracts, code: str, name: str
) -> None:
    assert read_citizenship(contracts.codelists, name).code == code
    areas = scope_of_round(contracts, "OCT_FIREARMS", round_=ROUND).areas
    assert find_state(areas, name) == (code if code in SAME else "")
    assert code in SAME or is_elsewhere(contracts, name)


@pytest.mark.parametrize("name", ["Republic", "Democratic Republic", "of the"])
def test_parts_of_a_name_name_no_country(contracts: Contracts, name: str) -> None:
    assert read_citizenship(contracts.codelists, name).remark
    assert not find_state(scope_of_round(contracts, "OCT_FIREARMS", round_=ROUND).areas, name)
