"""Which checks follow from a contract? Every table becomes a list of rules, each with
its severity and its words.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.contracts.layout import respondents, tables_for
from pipeline.contracts.model import Contract, Contracts, Dimension, Table
from pipeline.findings import Severity
from pipeline.returns.rules import parts, queries
from pipeline.returns.rules.expected import Expected
from pipeline.returns.texts import N_


@dataclass(frozen=True)
class Rule:
    """One rule of a contract: the check that finds its bad rows, and what to tell the
    state about them.
    """

    severity: Severity
    allowed: str
    do: str
    check: Expected

    @property
    def rule_id(self) -> str:
        return self.check.rule_id

    @property
    def is_joint_key(self) -> bool:
        return self.rule_id.endswith(".key.unique")

    @property
    def looks_back(self) -> bool:
        """Whether the rule looks for figures of an earlier round that are gone."""
        return self.rule_id.endswith((".value.not_restated", ".value.outdated"))


def compile_rules(contracts: Contracts, contract: Contract, *, round_: int) -> list[Rule]:
    """Every rule of a contract for a round, table by table in the order of the
    contract.
    """
    rules: list[Rule] = []
    for table in contract.tables_of(round_):
        rules += _Compiler(contracts, contract, table=table, round_=round_).rules()
    return rules


class _Compiler:
    def __init__(
        self, contracts: Contracts, contract: Contract, *, table: Table, round_: int
    ) -> None:
        self.contracts, self.contract, self.table, self.round = contracts, contract, table, round_
        self.years = contract.years(round_)
        asked = respondents(contracts, contract.report, round_=round_)
        self.states = [s for s in asked if table in tables_for(contract, s, round_=round_)]

    def rules(self) -> list[Rule]:
        return [
            *self._codes(),
            *self._values(),
            *self._identities(),
            *self._history(),
            *self._notes(),
        ]

    def _expect(
        self,
        name: str,
        severity: Severity,
        *,
        allowed: str,
        do: str,
        expectation: str,
        **kwargs: object,
    ) -> Rule:
        rule_id = f"{self.table.name}.{name}"
        return Rule(
            severity, allowed, do, Expected(rule_id, self.table.sql_name, expectation, kwargs)
        )

    def _query(self, name: str, severity: Severity, *, allowed: str, do: str, sql: str) -> Rule:
        return Rule(
            severity,
            allowed,
            do,
            Expected(f"{self.table.name}.{name}", self.table.sql_name, sql=sql),
        )

    def _codes(self) -> Iterator[Rule]:
        lists = {
            "state": self.states,
            **{d.name: [c.code for c in d.codes] for d in self.table.dimensions},
            "obs_status": [c.code for c in self.contracts.codelist("obs_status")],
            "conf_status": [c.code for c in self.contracts.codelist("conf_status")],
        }
        for column in (*lists, "year"):
            yield self._expect(
                f"{column}.required",
                "error",
                allowed=N_("every figure has its codes"),
                do=N_("give the code of the line"),
                expectation="expect_column_values_to_not_be_null",
                column=column,
            )
        for column, codes in lists.items():
            listed = ", ".join(codes[:25]) + (", …" if len(codes) > 25 else "")
            yield self._expect(
                f"{column}.code",
                "error",
                allowed=listed,
                do=N_("use a code of the list"),
                expectation="expect_column_values_to_be_in_set",
                column=column,
                value_set=codes,
            )
        yield self._expect(
            "year.window",
            "error",
            allowed=N_("{first} to {last}").format(first=self.years[0], last=self.years[-1]),
            do=N_("report the years of the form only"),
            expectation="expect_column_values_to_be_between",
            column="year",
            min_value=self.years[0],
            max_value=self.years[-1],
        )
        yield self._expect(
            "key.unique",
            "error",
            allowed=N_("one figure per line and year"),
            do=N_("remove the line that stands twice, or add both up"),
            expectation="expect_compound_columns_to_be_unique",
            column_list=list(self.table.key_dimensions),
        )
        for dimension in self.table.dimensions:
            if queries.limited_codes(dimension):
                yield self._query(
                    f"{dimension.name}.valid",
                    "error",
                    allowed=N_("codes that exist in the year and for the state"),
                    do=N_("move the figure to a code that is valid for it"),
                    sql=queries.invalid_code(self.table, dimension),
                )

    def _values(self) -> Iterator[Rule]:
        low, high = self.table.minimum, self.table.maximum
        yield self._expect(
            "value.minimum",
            "error",
            allowed=N_("{number} or more").format(number=f"{low:,.0f}"),
            do=N_("correct the figure"),
            expectation="expect_column_values_to_be_between",
            column="value",
            min_value=low,
        )
        if high != float("inf"):
            yield self._expect(
                "value.maximum",
                "error",
                allowed=N_("at most {number} {unit}").format(
                    number=f"{high:,.0f}", unit=self.table.unit
                ),
                do=N_("check the figure and its unit"),
                expectation="expect_column_values_to_be_between",
                column="value",
                max_value=high,
            )
        if not self.table.decimals:
            yield self._query(
                "value.integer",
                "error",
                allowed=N_("a whole number of {unit}").format(unit=self.table.unit),
                do=N_("give a whole number"),
                sql=queries.fraction(self.table),
            )
            yield self._query(
                "value.nil",
                "query",
                allowed=N_("0 or a number of {unit}; nil is for measured quantities").format(
                    unit=self.table.unit
                ),
                do=N_("write 0, or <5 where the count is suppressed"),
                sql=queries.nil_count(self.table),
            )

    def _identities(self) -> Iterator[Rule]:
        family = [
            (t, at)
            for t, at in parts.linked_to(self.contracts, self.table)
            if t.is_asked(self.round)
        ]
        if self.table.dimensions:
            yield self._query(
                "part_exceeds_whole",
                "query",
                allowed=N_("no part is larger than its whole"),
                do=N_(
                    "say which figures count, the whole, its parts or neither, and correct the"
                    " others"
                ),
                sql=parts.exceeding(self.table, family),
            )
        for identity in self.table.identities:
            if identity.dimension:
                exact = identity.parts == "equal"
                yield self._query(
                    f"{identity.dimension}.{'sum' if exact else 'at_most'}",
                    identity.severity,
                    allowed=(
                        N_("parts and unknown add up to the total")
                        if exact
                        else N_("parts together are not above the total")
                    ),
                    do=N_("correct the total or its parts; say in the note why they differ"),
                    sql=queries.identity(
                        self.table, identity, states=self.states, years=self.years
                    ),
                )
            other = self.contracts.table(identity.same_total_as) if identity.same_total_as else None
            if other and other.is_asked(self.round):
                yield self._query(
                    f"total.same_as_{other.name}",
                    identity.severity,
                    allowed=N_("the same total as on sheet '{sheet}'").format(
                        sheet=other.layout.sheet
                    ),
                    do=N_("correct one of the two, or say in the note why they differ"),
                    sql=queries.same_total(self.table, other),
                )
        for dimension in self.table.dimensions:
            if _is_chain(dimension):
                yield self._query(
                    f"{dimension.name}.chain",
                    "note",
                    allowed=N_("not more persons convicted than prosecuted over several years"),
                    do=N_("check whether both stages count persons"),
                    sql=queries.chain(self.table, dimension),
                )

    def _history(self) -> Iterator[Rule]:
        table = self.table
        yield self._query(
            "value.change",
            table.change_severity,
            allowed=N_("a change of at most {percent} or {number}, or a note").format(
                percent=f"{table.change_percent:g} %", number=f"{table.change_absolute:g}"
            ),
            do=N_("confirm the figure and explain the change in the note"),
            sql=queries.change(table, self.round),
        )
        yield self._query(
            "value.revised",
            "note",
            allowed=N_("the figure of the earlier round, or a revision"),
            do=N_("nothing, if the revision is meant"),
            sql=queries.revised(table),
        )
        yield self._query(
            "value.not_restated",
            "note",
            allowed=N_("the figures of earlier rounds, restated"),
            do=N_("restate the figure, or confirm that it is withdrawn"),
            sql=queries.not_restated(table, self.years),
        )
        if table.dimensions:
            yield self._query(
                "value.outdated",
                "query",
                allowed=N_("older figures that agree with the newer ones beside them"),
                do=N_("restate the figure; the older one is no longer used"),
                sql=parts.outdated(table, self.states, years=self.years),
            )

    def _notes(self) -> Iterator[Rule]:
        yield self._query(
            "note.required",
            "query",
            allowed=N_("a note beside the statuses {codes}").format(codes=", ".join(queries.NOTED)),
            do=N_("explain the status in the note"),
            sql=queries.missing_note(self.table),
        )
        yield self._query(
            "note.embargo",
            "query",
            allowed=N_("the date on which the embargo ends, as YYYY-MM-DD in the note"),
            do=N_("give the date in the note; until then the figure is not published"),
            sql=queries.embargo_without_date(self.table),
        )


def _is_chain(dimension: Dimension) -> bool:
    return {"PROS", "CONV"} <= {c.code for c in dimension.codes}
