"""What may a version open? Writes one store per report and version: the only file its
renderer reads.

A version that is not protected holds every cell of the report's cubes. The store of a
protected one holds released cells with their values, and the keys of withheld cells
without any: what is not in the file cannot leak. Beside it stands the same as CSV, the
form in which the cells are published, registered and audited. A store is replaced only
when its content changed, so that nothing is rendered again without need.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from pipeline.cells import POPULATION_CUBE
from pipeline.contracts.definitions import read_report_file
from pipeline.contracts.model import OF_REGION, Contracts
from pipeline.contracts.policy import VersionRule
from pipeline.numbers.mart_rows import Marts
from pipeline.numbers.store_files import write_store
from pipeline.numbers.versions import StoreInputs, store_content, tell_version
from pipeline.project import Project
from pipeline.returns.cleared import sources_of


def cubes_of(project: Project, contracts: Contracts, *, report: str) -> list[str]:
    """The cubes a report prints from: its own tables and those its exhibits borrow from
    other reports, and figures of others.
    """
    borrowed = read_report_file(project.templates, report).borrowed_cubes
    for cube in borrowed:
        contracts.table(cube)
    own = [t.name for t in contracts.contract(report).tables]
    context = [c.name for c in contracts.context(report)]
    printed = {*own, *borrowed}
    # what is worked out of a table of judgements goes with it
    judged = [t.name for t in contracts.judged_tables if t.name.removesuffix(OF_REGION) in printed]
    return [*own, *borrowed, POPULATION_CUBE, *context, *judged]


def write_stores(
    project: Project,
    contracts: Contracts,
    *,
    round_: int,
    version: VersionRule,
    marts: Marts,
    inputs: StoreInputs,
    reports: Iterable[str],
    shown: Collection[str] = (),
    left_out: Collection[str] = (),
) -> dict[str, bool]:
    """Write the stores of a version, one a report; `shown` are the keys a protected
    version shows, `left_out` those it has no line for. Returns per store whether its
    content changed.
    """
    told = tell_version(
        marts, inputs, contracts=contracts, version=version, shown=shown, left_out=left_out
    )
    sources = sources_of(project)
    changed = {}
    for report in reports:
        areas = read_report_file(project.templates, report).cases
        cubes = set(cubes_of(project, contracts, report=report))
        content = store_content(told, report, cubes=cubes, areas=areas, sources=sources)
        path = project.store(round_, report, version.name)
        changed[f"{report}/{version.name}"] = write_store(path, content, round_=round_)
    return changed
