"""How does a scheduler call the pipeline? Units of systemd and a line for cron, written
for the folder that the pipeline lies in.
"""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from pipeline.contracts.operations import Operations
from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.system.files import owner_only, write_file
from pipeline.system.page_templates import open_templates

FILES = ("selec.service", "selec.timer", "selec-failed.service", "crontab")
_FOLDERS = ("SELEC_OUTPUTS", "SELEC_RECORDS", "SELEC_RELEASES", "SELEC_RETURNS", "SELEC_MAIL")

_REFUSED = frozenset("\"'\\")  # systemd takes no command with these in its name


def schedule_files(
    project: Project, settings: Operations, *, zone: str, user: str
) -> dict[str, str]:
    """The text of each file, for a run by `user` at the hour of the settings in `zone`.
    Raises UserError where the name of a folder cannot be written down for a scheduler.
    """
    root = project.root.resolve()
    writes = [project.outputs.resolve(), project.records.resolve()]
    if not project.releases.resolve().is_relative_to(writes[1]):
        writes.append(project.releases.resolve())
    named = {n: str(Path(os.environ[n]).resolve()) for n in _FOLDERS if os.environ.get(n)}
    # Python may not write its compiled code beside sources that are only for reading.
    environment = {"PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8", **named}
    for path in (str(root), *map(str, writes), *named.values()):
        if not path.isprintable() or _REFUSED & {*path}:
            raise UserError(
                "the name of a folder has a character that no scheduler takes",
                where=path.encode("unicode_escape").decode(),
                allowed="letters of any script, digits, blanks, signs; no quotes and backslashes",
                do="give the folder another name",
            )
    templates = open_templates(project.templates / "operations", autoescape=False)
    templates.keep_trailing_newline = True
    templates.filters |= {
        "line": _line,
        "word": _word,
        "shell": lambda text: _cron(shlex.quote(text)),
        "assigned": _assigned,
    }
    given = {
        "root": str(root),
        "selec": str(root / ".venv" / "bin" / "selec"),
        "user": user,
        "at": settings.at,
        "zone": zone,
        "minutes": settings.minutes,
        "memory": settings.memory,
        "environment": [f"{name}={value}" for name, value in environment.items()],
        "writes": [str(path) for path in writes],
        "in_home": any(path.is_relative_to("/home") for path in (root, *writes)),
        "in_root": any(path.is_relative_to("/root") for path in (root, *writes)),
    }
    return {name: templates.get_template(f"{name}.j2").render(given) for name in FILES}


def write_schedule(project: Project, files: dict[str, str], *, folder: Path) -> list[Path]:
    """Write the files, and make the folders that a run writes to: systemd begins no run
    whose folders are not there.
    """
    for place in (project.outputs, project.records, project.releases):
        with owner_only(place):
            pass
    for name, text in files.items():
        write_file(folder / name, text.encode())
    return [folder / name for name in files]


def _line(text: str) -> str:
    """A path that is all of a setting's value."""
    return text.replace("%", "%%")


def _word(text: str) -> str:
    """One of several words of a setting's value."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'


def _assigned(text: str) -> str:
    """`NAME=value` before the command of a shell."""
    name, _, value = text.partition("=")
    return f"{name}={_cron(shlex.quote(value))}"


def _cron(text: str) -> str:
    """cron takes a percent sign for the end of the line, also within quotes."""
    return text.replace("%", "\\%")
