"""How does the desk reach the analyst? One file, without script and without network,
written or served on loopback.
"""

from __future__ import annotations

from pathlib import Path

from pipeline.contracts.model import Contracts
from pipeline.contracts.policy import load_policy
from pipeline.desk.gather import gather
from pipeline.desk.pictures import first_page
from pipeline.project import Project
from pipeline.system.files import write_private
from pipeline.system.page_templates import mistakes_told, open_templates

KEPT = "desk"  # pictures, in the work folder of the round


def write_desk(project: Project, contracts: Contracts, *, round_: int) -> Path:
    """Write `outputs/index.html`. It names findings and people: only its owner may read
    it.
    """
    versions = load_policy(project.contracts, contracts).versions
    view = gather(project, contracts, round_=round_, versions=versions)
    kept = project.work(round_) / KEPT
    for build in view["builds"]:
        build["picture"] = first_page(build.pop("path"), build["hash"], kept=kept)
    rounds = sorted(
        (p.name for p in project.outputs.glob("[0-9]*") if (p / "findings").is_dir()), reverse=True
    )
    environment = open_templates(project.templates / "desk", trim_blocks=True, lstrip_blocks=True)
    with mistakes_told(project.templates):
        page = environment.get_template("desk.html.j2").render(view, rounds=rounds)
    target = project.outputs / "index.html"
    write_private(target, page.encode())
    return target
