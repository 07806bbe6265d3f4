"""What does each step do? Calls the function that does its work and says what came of
it, by content.

A digest of a database is that of its rows: two files with the same rows differ in where
their pages lie.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.steps.plan import STATES, Plan, Step
from pipeline.system.kept import open_database
from pipeline.system.lock import at_work

if TYPE_CHECKING:
    from pipeline.returns.rules.outcome import Validation

Said = Mapping[str, str]


def validate(plan: Plan, step: Step) -> Said:
    """Read and check the returns of a round. Its figures, what was found and what covers
    say are told apart: a later round compares itself with figures only, and a leak scan
    looks for what covers say.
    """
    from pipeline.contracts.model import load_contracts
    from pipeline.returns.rules.validation import print_summary, validate_and_write

    project = plan.project
    contracts = load_contracts(project.contracts)
    with at_work(project, f"validate {step.round}"):
        validation = validate_and_write(project, contracts, round_=step.round)
    print_summary(project, validation)
    work = project.work(step.round)
    return {
        "figures": digest_of_database(work / "staged.duckdb"),
        "findings": hashlib.sha256((work / "validation.json").read_bytes()).hexdigest(),
        "covers": _digest_of_covers(validation),
    }


def findings(plan: Plan, step: Step) -> Said:
    """Write the pages on what was found, and remove what goes back to states where it is
    out of date.
    """
    from pipeline.contracts.model import load_contracts
    from pipeline.returns.feedback.send_back import remove_outdated
    from pipeline.returns.rules.pages import write_pages
    from pipeline.returns.rules.validation import restore_validation

    project = plan.project
    contracts = load_contracts(project.contracts)
    with at_work(project, f"findings {step.round}"):
        validation = restore_validation(project, step.round)
        remove_outdated(project, contracts, validation=validation)
        write_pages(project, contracts, validation=validation)
    return {}


def numbers(plan: Plan, step: Step) -> Said:
    """Load the ledger, build the cubes and check them."""
    from pipeline.contracts.model import load_contracts
    from pipeline.numbers.build import build_cubes
    from pipeline.numbers.presence import marts_of, read_counts

    project = plan.project
    contracts = load_contracts(project.contracts)
    with at_work(project, f"numbers {step.round}"):
        built = build_cubes(project, contracts, round_=step.round)
    print(f"numbers: {built.new_submissions} new submissions, {len(built.checks)} checks passed")
    counts = read_counts(project, contracts, round_=step.round)
    states = {} if counts is None else counts.reports
    return {
        "figures": digest_of_database(marts_of(project, step.round)),
        **{f"{STATES} {name}": " ".join(counted.present) for name, counted in states.items()},
    }


def stores(plan: Plan, step: Step) -> Said:
    """Write the stores of the versions that show all."""
    from pipeline.contracts.model import load_contracts
    from pipeline.numbers.build import write_open_stores

    project = plan.project
    with at_work(project, f"stores {step.round}"):
        changed = write_open_stores(project, load_contracts(project.contracts), round_=step.round)
    print(f"stores changed: {', '.join(changed) or 'none'}")
    return {}


def protect(plan: Plan, step: Step) -> Said:
    """Choose and prove the protected versions that are asked for."""
    from pipeline.contracts.model import load_contracts
    from pipeline.disclosure.protect import protect_round

    project = plan.project
    with at_work(project, f"protect {step.round}"):
        for protected in protect_round(
            project,
            load_contracts(project.contracts),
            round_=step.round,
            versions=plan.protected,
        ):
            print(protected.line())
    return {}


def desk(plan: Plan, step: Step) -> Said:
    """Write the page on the round."""
    from pipeline.steps.renew import desk_of

    desk_of(plan.project, step.round)
    return {}


WORK: Mapping[str, Callable[[Plan, Step], Said]] = {
    "validate": validate,
    "findings": findings,
    "numbers": numbers,
    "stores": stores,
    "protect": protect,
    "desk": desk,
}


def _digest_of_covers(validation: Validation) -> str:
    said = [(f.file, sorted(f.cover.items())) for f in validation.reading.files]
    return hashlib.sha256(repr(sorted(said)).encode()).hexdigest()


def digest_of_database(path: Path) -> str:
    """The digest of all rows of a database, table by table, whatever their order."""
    found = hashlib.sha256()
    with open_database(path) as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() order by all"
        ).fetchall()
        for schema, table in tables:
            name = f'"{schema}"."{table}"'
            columns = connection.execute(f"describe {name}").fetchall()
            rows = connection.execute(
                "select count(*), bit_xor(md5_number(cast(t as varchar))),"
                f" sum(md5_number_lower(cast(t as varchar))) from {name} as t"
            ).fetchall()
            found.update(repr((schema, table, columns, rows)).encode())
    return found.hexdigest()
