"""How does the desk reach the analyst? One file, without script and without network,
written or served on loopback.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path

from pipeline.contracts.model import Contracts
from pipeline.contracts.policy import load_policy
from pipeline.desk.gather import gather
from pipeline.desk.links import PAGE, page_of
from pipeline.desk.pictures import first_page
from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.system.files import write_private
from pipeline.system.page_templates import mistakes_told, open_templates
from pipeline.system.signed.people import parse_day

KEPT = "desk"  # pictures, in the work folder of the round


def write_desk(
    project: Project,
    contracts: Contracts,
    *,
    round_: int,
    day: date | None = None,
    stale: Mapping[tuple[str, str], str] | None = None,
) -> Path:
    """Write the page of a round, as it stands on a day (today), and `outputs/index.html`,
    which is that page. Pages of other rounds that do not lead to it are written too. They
    name findings and people: only their owner may read them.
    """
    today = day or parse_day("")
    page = _render(project, contracts, round_=round_, day=today, stale=stale or {})
    target = project.outputs / PAGE
    write_private(project.outputs / page_of(round_), page)
    write_private(target, page)
    for other in _rounds(project):
        path = project.outputs / page_of(other)
        if other != round_ and not _leads_to(path, round_):
            with suppress(UserError):  # a round of before that cannot be shown keeps no other
                found = _render(project, contracts, round_=other, day=today, stale={})
                write_private(path, found)
    return target


def _leads_to(page: Path, round_: int) -> bool:
    return page.is_file() and f'href="{page_of(round_)}"' in page.read_text(encoding="utf-8")


def _rounds(project: Project) -> list[int]:
    """The rounds that were validated, the newest first."""
    found = (p for p in project.outputs.glob("[0-9]*") if (p / "findings/findings.json").is_file())
    return sorted((int(p.name) for p in found if p.name.isdigit()), reverse=True)


def _render(
    project: Project,
    contracts: Contracts,
    *,
    round_: int,
    day: date,
    stale: Mapping[tuple[str, str], str],
) -> bytes:
    versions = load_policy(project.contracts, contracts).versions
    view = gather(project, contracts, round_=round_, versions=versions, day=day, stale=stale)
    kept = project.work(round_) / KEPT
    for build in view["builds"]:
        build["picture"] = first_page(build.pop("path"), build["hash"], kept=kept)
    rounds = [(r, page_of(r)) for r in _rounds(project)]
    environment = open_templates(project.templates / "desk", trim_blocks=True, lstrip_blocks=True)
    with mistakes_told(project.templates):
        page = environment.get_template("desk.html.j2").render(view, rounds=rounds)
    return page.encode()
