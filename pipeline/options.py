"""Which options do many commands share? Their names and help, and how a wrong one is refused."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.errors import UserError
from pipeline.project import REPORTS

Round = Annotated[int, typer.Option("--round", help="The reference year the returns were asked for, for example 2022.")]
Report = Annotated[str, typer.Option("--report", help=f"One of: {', '.join(REPORTS)}.")]
Version = Annotated[str, typer.Option("--version", help="A version of the release policy, for example public.")]


def one_of(value: str, allowed: tuple[str, ...], what: str) -> None:
    if value not in allowed:
        raise UserError(f"there is no {what} '{value}'", allowed=", ".join(allowed))
