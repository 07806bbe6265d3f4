"""What does nobody outside know of the choice? A number drawn once by chance, kept with
the restricted part of the register.

Where it is lost a new one is drawn. What is in the register keeps its pattern, because
later choices carry that forward; a version that was not registered may get another
pattern of about the same loss.
"""

from __future__ import annotations

import re
import secrets
from pathlib import Path

from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.system.files import write_private
from pipeline.system.kept import is_there, read_bytes

SECRET = "pattern.secret"  # in the folder `restricted` of the register
_BYTES = 32
_WRITTEN = re.compile(rb"[0-9a-f]{64}\n")


def secret_path(project: Project) -> Path:
    return project.releases / "restricted" / SECRET


def secret_of(project: Project) -> bytes:
    """The secret of a register, drawn and kept where there is none yet. Raises UserError
    where the file holds something else.
    """
    path = secret_path(project)
    if not is_there(path):
        write_private(path, f"{secrets.token_hex(_BYTES)}\n".encode())
    content = read_bytes(path)
    if not _WRITTEN.fullmatch(content):
        raise UserError(
            "the secret of the choice was changed",
            where=str(path),
            allowed="a line of 64 hexadecimal digits",
            do="restore it from the last backup, or delete it: then a new one is drawn",
        )
    return bytes.fromhex(content.decode("ascii"))
