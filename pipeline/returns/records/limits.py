"""How much may reading a file of records take? Bytes, rows and time, counted while it
is read.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import TYPE_CHECKING

from pipeline.errors import UserError
from pipeline.returns.records.repairs import RefusedRecords, too_much

if TYPE_CHECKING:
    import duckdb

MOST_GIB = 1  # how much a file may hold when it is unpacked
LIMIT_VARIABLE = "SELEC_RECORDS_MAX_GIB"
MOST_SECONDS = 300  # the last resort: what no count foresees ends then
TIME_VARIABLE = "SELEC_RECORDS_MAX_SECONDS"
ROW_BYTES = 40  # so many bytes of the limit allow a row; a record has some twenty to forty
LONG_ROW = 200  # bytes that a row has at most, on the whole: what is beyond says nothing
# what says nothing, blank lines and lines too long, is at most one in so many bytes of
# the limit
EMPTY_SHARE = 64
_MARGIN = 0.5  # seconds between two tries to interrupt


def _number(variable: str, default: int, *, unit: str) -> int:
    text = os.environ.get(variable, str(default))
    if not text.isascii() or not text.isdigit() or not int(text):
        raise UserError(
            f"'{text}' is no number of {unit}",
            where=variable,
            allowed=f"a whole number; {default} where it is not set",
            do="correct the setting, or remove it",
        )
    return int(text)


def most_bytes() -> int:
    """How much a file of records may hold when it is unpacked. Raises UserError when
    the setting is no number.
    """
    return _number(LIMIT_VARIABLE, MOST_GIB, unit="gibibytes") * 2**30


def most_seconds() -> int:
    """How long reading one file may take. Raises UserError when the setting is no
    number.
    """
    return _number(TIME_VARIABLE, MOST_SECONDS, unit="seconds")


@dataclass
class Allowance:
    """What one file may take, and what it has taken. Each `take_` raises RefusedRecords
    beyond the limit.
    """

    bytes: int
    seconds: int
    started: float = field(default_factory=time.monotonic)
    rows_taken: int = 0
    bytes_taken: int = 0
    empty_taken: int = 0

    @property
    def rows(self) -> int:
        return max(1, self.bytes // ROW_BYTES)

    @property
    def empty(self) -> int:
        return max(1, self.bytes // EMPTY_SHARE)

    def again(self) -> Allowance:
        """The same for another way through the file: it counts anew, and the time goes
        on.
        """
        return Allowance(self.bytes, self.seconds, self.started)

    def take_rows(self, number: int, size: int = 0) -> None:
        """Count rows, and the bytes of a text that holds them."""
        self.rows_taken += number
        self.bytes_taken += size
        if self.rows_taken > self.rows:
            raise too_much(f"more than {self.rows:,} rows", f"at most {self.rows:,} rows")
        self._check_empty(self.bytes_taken - LONG_ROW * self.rows_taken)

    def take_empty(self, number: int) -> None:
        """Count bytes that are blank lines, or cut off from a line too long to be a
        record.
        """
        self.empty_taken += number
        self._check_empty(self.empty_taken)

    def _check_empty(self, number: int) -> None:
        if number > self.empty:
            raise too_much(
                f"more than {self.empty:,} bytes of blank lines, or of lines too long to be a"
                " record",
                f"one record in a line, {LONG_ROW} bytes at most, and few blank lines",
            )

    def check_bytes(self, size: int, what: str) -> None:
        if size > self.bytes:
            raise too_much(
                f"{what} more than {self.bytes:,} bytes",
                f"at most {self.bytes:,} bytes when unpacked",
            )

    def check_time(self) -> None:
        if time.monotonic() - self.started > self.seconds:
            raise self.out_of_time()

    def out_of_time(self) -> RefusedRecords:
        return too_much(
            f"reading it takes more than {self.seconds:,} seconds",
            f"a file that is read in {self.seconds:,} seconds",
        )

    @contextmanager
    def bound(self, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """Interrupt what the connection does once the time is over. Raises
        RefusedRecords then.
        """
        import duckdb

        ended = Event()

        def watch() -> None:
            wait = max(0.0, self.started + self.seconds - time.monotonic())
            # One interrupt may fall between two queries, where it does nothing.
            while not ended.wait(wait):
                connection.interrupt()
                wait = _MARGIN

        watcher = Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield
        except duckdb.InterruptException as problem:
            raise self.out_of_time() from problem
        finally:
            ended.set()
            watcher.join()
