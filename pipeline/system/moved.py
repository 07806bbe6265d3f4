"""Do records still lie among the outputs, where they once did? Then they are moved,
once.
"""

from __future__ import annotations

import errno
import os
import sys

from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.system.kept import LEDGER, SEALS
from pipeline.system.lock import at_work

# The hash of the ledger before it: a ledger without one is only looked at less closely.
_NAMES = ("releases", "archive", f"{SEALS}/{LEDGER}.sum", LEDGER)


def settle_records(project: Project) -> None:
    """Move what cannot be made again from the outputs into the records, and say so. Each
    part is there or here, whenever this is ended; the next run moves the rest.

    Raises UserError where a part lies in both places or the records lie among the
    outputs, and BusyError while a build is going on.
    """
    outputs, records = project.outputs.resolve(), project.records.resolve()
    if records.is_relative_to(outputs) or outputs.is_relative_to(records):
        raise UserError(
            "one of these folders lies in the other",
            where=f"records {project.records}, outputs {project.outputs}",
            allowed="folders beside each other: outputs may be deleted at any time",
            do="name another folder by SELEC_RECORDS",
        )
    if not any(os.path.lexists(project.outputs / name) for name in _NAMES):
        return
    with at_work(project, "move of the records"):
        for name in _NAMES:
            old, new = project.outputs / name, project.records / name
            if name == "releases" and project.releases_folder:
                new = project.releases
            if not os.path.lexists(old) or old.resolve() == new.resolve():
                continue
            if os.path.lexists(new):
                raise UserError(
                    "there are two of these records",
                    where=f"{old} and {new}",
                    do="compare them, keep the right one as the second, move the other one away",
                )
            _move(str(old), str(new))
            print(f"note: {old} was moved to {new}: outputs may be deleted", file=sys.stderr)


def _move(old: str, new: str) -> None:
    os.makedirs(os.path.dirname(new), exist_ok=True)
    try:
        os.rename(old, new)
    except OSError as problem:
        if problem.errno != errno.EXDEV:
            raise
        # Half a copy would be taken for the whole: a person does it, and looks at it.
        raise UserError(
            "it must be moved to another disk",
            where=old,
            do=f"cp -a to {new}, compare, then remove the first",
        ) from problem
