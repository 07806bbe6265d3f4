"""Which command checks a return before it is sent? The Center's rules, without a
project around the file.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.commands.options import Office
from pipeline.commands.tables import Json
from pipeline.errors import ReturnError
from pipeline.project import CODE_ROOT, Project

if TYPE_CHECKING:
    from pipeline.returns.round.alone import Checked

app = typer.Typer()
_WIDTH = 120  # of what goes to a file or another program


@app.command(name="check-return")
def check_return(
    file: Annotated[Path, typer.Argument(help="The workbook or CSV file of a return.")],
    *,
    report: Annotated[
        str, typer.Option("--report", help="Its report, where no cover says so.")
    ] = "",
    state: Annotated[str, typer.Option("--state", help="Its state, likewise.")] = "",
    round_: Annotated[int, typer.Option("--round", help="Its round, likewise.")] = 0,
    office: Office = "",
    contracts: Annotated[
        Path | None, typer.Option("--contracts", help="The folder of the contracts.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check a return by the Center's rules before it is sent. Ends with 0 where nothing
    or only notes were found, with 16 where there is an error or a query.
    """
    from pipeline.contracts.model import load_contracts
    from pipeline.returns.round.alone import Whose, check_alone

    own = Project.here().contracts
    folder = contracts or (own if own.is_dir() else CODE_ROOT / own.name)
    checked = check_alone(load_contracts(folder), file, said=Whose(report, state, round_, office))
    if as_json:
        typer.echo(
            json.dumps([f.as_json() for f in checked.findings], ensure_ascii=False, indent=1)
        )
    else:
        _print(checked)
    if not checked.in_order:
        raise ReturnError(
            "the return is not in order",
            where=str(file),
            allowed="no error and no query",
            do="correct what is listed above, or say in a note why a figure stands",
        )


def _print(checked: Checked) -> None:
    from rich.console import Console

    console = Console(
        width=None if os.isatty(1) else _WIDTH, highlight=False, markup=False, emoji=False
    )
    for f in checked.findings:
        place = " ".join(part for part in (f.sheet, f.cell) if part) or "the file"
        console.print(f"{f.severity}: {place}: {f.rule}")
        for name, text in (("found", f.found), ("allowed", f.allowed), ("to do", f.do)):
            if text.strip():
                console.print(f"  {name + ':':9}{' '.join(text.split())}", soft_wrap=True)
    whose = checked.whose
    plural = {"error": "errors", "query": "queries", "note": "notes"}
    told = ", ".join(
        f"{name}: {sum(f.severity == severity for f in checked.findings)}"
        for severity, name in plural.items()
    )
    part = f" {whose.office}" if whose.office else ""
    subject = f"{whose.report} {whose.state} {whose.round}{part}: " if whose.round else ""
    console.print(f"{subject}{told}; {checked.loaded} cells would be loaded")
    console.print("Not compared with earlier rounds: only the Center has them.")
