"""What did Eurostat publish on recorded offences? The table crim_off_cat read into
cells of the octa return.
"""

from __future__ import annotations

import itertools
import re
from pathlib import Path

from pipeline.cells import TOTAL, Key
from pipeline.contracts.model import Contracts
from pipeline.errors import UserError
from pipeline.returns.importers.eurostat import flagged
from pipeline.returns.importers.figures import (
    Gathering,
    Reading,
    Source,
    find_state,
    is_elsewhere,
    scope_of_round,
    with_anchored,
)
from pipeline.returns.importers.grids import Value
from pipeline.returns.importers.reconcile import remark_sums
from pipeline.returns.importers.sheets import Choices, PublishedRow, read_published
from pipeline.returns.intake.codes import clean, latin

KEY_HEADER = r"freq,iccs,unit,geo\TIME_PERIOD"
# The service gives the parts of the key in the order in which they are asked, and may
# leave out the frequency.
_PARTS = ("iccs", "unit", "geo")
KEYS = [
    f"{','.join(order)}\\TIME_PERIOD"
    for parts in (("freq", *_PARTS), _PARTS)
    for order in itertools.permutations(parts)
]
CHOICES: Choices = {
    "crim_off_cat": (KEY_HEADER,),
    **{f"crim_off_cat {k}": (k,) for k in KEYS if k != KEY_HEADER},
}
OFFENCES: dict[str, tuple[str, str]] = {
    "ICCS0601": ("OCT_DRUG_OFFENCES", ""),
    "ICCS07041": ("OCT_MONEY_LAUNDERING", ""),
    "ICCS0703": ("OCT_CORRUPTION", TOTAL),
    "ICCS07031": ("OCT_CORRUPTION", "BRI"),
    "ICCS0903": ("OCT_CYBERCRIME", TOTAL),
    "ICCS05021": ("OCT_VEHICLE_THEFT", ""),
    "ICCS09051": ("OCT_OCG", ""),
}
TABLES = tuple(dict.fromkeys(table for table, _ in OFFENCES.values()))
WORDS = {3: "three", 4: "four"}
_YEAR = re.compile(r"\d{4}")
_FLAGGED = re.compile(r"(?P<text>:|\d(?:.*\d)?)?\s*(?P<flags>[bcdefinprsuz]{1,3})")


def read(path: Path, contracts: Contracts, round_: int) -> Reading:
    """Read Eurostat's table for the years of a round; a row of the account is one year
    of one line. Raises UserError.

    The heads of the columns are years.
    """
    published = read_published(path, CHOICES, contracts=contracts)
    heads = [head for head in published.heads if _YEAR.fullmatch(head)]
    years = scope_of_round(contracts, "octa", round_=round_).years
    if not years & set(heads):
        raise UserError(
            "there is no column of a year of the round; found:"
            f" {', '.join(heads)[:200] or 'nothing'}",
            where=str(path),
            allowed=", ".join(sorted(years)),
            do="name a file that has these years with FILE=",
        )
    reading = _gather(path, heads, gathering=Gathering(contracts, round_, published))
    return with_anchored(
        reading,
        contracts,
        read_again=lambda scope: _gather(
            path, heads, gathering=Gathering(contracts, round_, published, scope=scope)
        ),
    )


def _gather(path: Path, heads: list[str], *, gathering: Gathering) -> Reading:
    contracts = gathering.contracts
    scope = gathering.scope or scope_of_round(contracts, "octa", round_=gathering.round_)
    head = CHOICES[gathering.published.kind][0]
    parts = head.partition("\\")[0].split(",")
    for row in gathering.published.rows:
        codes = [latin(clean(code)) for code in row.text(head).split(",")]
        if len(codes) != len(parts):
            raise UserError(
                f"'{row.text(head)}' is not a key of {WORDS[len(parts)]} codes",
                where=f"{path} {row.where}",
                allowed=head,
                do="delete the row if it is not the publisher's, or download the file again",
            )
        named = dict(zip(parts, codes, strict=True))
        iccs, unit, geo = (named[p] for p in _PARTS)
        for year in heads:
            if not (state := find_state(scope.areas, geo)) and not is_elsewhere(contracts, geo):
                gathering.skip(f"{row.where}, {year}", row.text(head), rule="state_not_in_list")
            elif not state:
                gathering.leave_out("kosovo_is_no_member_state" if geo == "XK" else "other_state")
            elif year not in scope.years:
                gathering.leave_out("other_year")
            else:
                _map_cell(
                    gathering,
                    f"{row.where}, {year}",
                    place=(state, year),
                    iccs=iccs,
                    unit=unit,
                    row=row,
                )
    title = "Police-recorded offences (crim_off_cat)"
    source = Source("eurostat_crime", "Eurostat", title, "release not stated in the file")
    return remark_sums(gathering.settle(source, TABLES), contracts)


def _map_cell(
    gathering: Gathering,
    where: str,
    *,
    place: tuple[str, str],
    iccs: str,
    unit: str,
    row: PublishedRow,
) -> None:
    value = row.value(place[1])
    what = f"{'.'.join(place)} {iccs} {unit} {value.text.strip()}"
    table, code = OFFENCES.get(iccs, ("", ""))
    if unit != "NR":
        return gathering.skip(where, what, rule="rate_not_count")
    if not table:
        return gathering.skip(where, what, rule="no_place_in_the_return")
    flags = ""
    if value.kind == "text" and (found := _FLAGGED.fullmatch(value.text.strip())):
        value = Value(found["text"] or ":", "text")
        flags = found["flags"]
    number, status, note = flagged(gathering.read_value(value, place[1]), flags)
    if number.is_missing:
        return gathering.skip(where, what, rule="not_available")
    return gathering.add(
        Key(table, (*place, code) if code else place),
        number,
        where=where,
        obs_status=status,
        note=note,
    )
