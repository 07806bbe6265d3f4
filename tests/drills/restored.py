"""Does a backup that was made beside the runs bring everything back?"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator

from .place import Place, Row, traces

LOST = ("outputs", "records", "returns", "data_contracts")


def drill(place: Place) -> Iterator[Row]:
    """Back up, destroy, restore, run: the same bytes."""
    place.begin_again("whole")
    folder = place.root.parent
    password = folder / "password"
    password.write_text("a made-up password", encoding="utf-8")
    password.chmod(0o600)
    safe = folder / "safe"
    secret = ("--password-file", str(password))
    began = time.monotonic()
    made = place.run("backup", "--to", str(safe), *secret)
    seconds = time.monotonic() - began
    for lost in LOST:
        shutil.rmtree(place.root / lost)
    back = place.run("restore", "--from", str(safe), "--into", str(place.root), *secret)
    wrong = [*traces(made.told), *traces(back.told)]
    wrong += [d.told for d in (made, back) if d.code]
    after, equal, more = place.goes_on("whole")
    size = sum(path.stat().st_size for path in safe.rglob("*") if path.is_file())
    yield Row(
        "backup, loss, restore",
        f"{size / 2**20:.1f} MiB in {seconds:.0f} s",
        f"{made.code} and {back.code}",
        f"exit {after.code}",
        equal,
        (*wrong, *more),
    )
    shutil.rmtree(safe)
