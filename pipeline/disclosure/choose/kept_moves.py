"""Where is kept what was proven of a large part, when a run is stopped before its end?

In a file beside the certificates, readable by its owner alone, since it tells how
hidden cells could be. It is bound to the part by a digest of all its numbers: another
table, or the same with one figure revised, has another name and begins anew. Whoever
reads it holds each move against the part again.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.disclosure.choose.components import Part
from pipeline.disclosure.choose.lanes import Kept
from pipeline.disclosure.choose.linked import Move
from pipeline.system.files import write_file

_ENDING = ".moves"


@dataclass(frozen=True)
class KeptMoves:
    """The moves of the parts of one version, in a folder."""

    folder: Path
    version: str

    def read(self, part: Part) -> Kept:
        """What an earlier run left; nothing where it left no file, or a damaged one."""
        try:
            with np.load(io.BytesIO(self._path(part).read_bytes()), allow_pickle=False) as file:
                cells, change, owner = file["cells"], file["change"], file["owner"]
                ends, lost = np.cumsum(file["size"]), file["lost"].tolist()
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
            return Kept()
        most = len(part.cells)
        demanded = {d.cell for d in part.demands}
        moves = zip(np.split(cells, ends)[:-1], np.split(change, ends)[:-1], strict=True)
        owned = (
            (Move(c, x), o)
            for (c, x), o in zip(moves, owner.tolist(), strict=True)
            if len(c) == len(x) and np.all((c >= 0) & (c < most)) and o in demanded
        )
        return Kept(tuple(owned), tuple(c for c in lost if c in demanded))

    def write(self, part: Part, kept: Kept) -> None:
        if not kept.moves:
            return
        file = io.BytesIO()
        np.savez(
            file,
            cells=np.concatenate([m.cells for m, _ in kept.moves]),
            change=np.concatenate([m.change for m, _ in kept.moves]),
            size=np.array([len(m.cells) for m, _ in kept.moves]),
            owner=np.array([owner for _, owner in kept.moves]),
            lost=np.array(kept.lost, dtype=np.int64),
        )
        write_file(self._path(part), file.getvalue(), mode=0o600)

    def clear(self) -> None:
        """Keep nothing any more: the version is proven."""
        for path in self.folder.glob(f"{self.version}.*{_ENDING}"):
            path.unlink(missing_ok=True)

    def _path(self, part: Part) -> Path:
        return self.folder / f"{self.version}.{_digest(part)}{_ENDING}"


def _digest(part: Part) -> str:
    told = hashlib.sha256()
    for numbers in (
        part.value,
        part.up,
        part.down,
        part.rows.indptr,
        part.rows.indices,
        part.rows.data,
        part.row_low,
        part.row_high,
        part.hidden,
        part.loss,
        np.array([(d.cell, d.low, d.high, d.values) for d in part.demands]),
        *(k.knows for k in part.known_to),
    ):
        told.update(np.ascontiguousarray(numbers).tobytes())
    return told.hexdigest()[:32]
