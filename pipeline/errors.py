"""What can go wrong that the person at the keyboard can repair? One family of errors,
each with its exit code.

A `UserError` is shown without a traceback. A bug is any other exception and shows its
traceback. Problems inside a state's return are never exceptions: they are `Finding`s
(see `pipeline.findings`).
"""

from __future__ import annotations


class UserError(Exception):
    """Something a person can repair. `where` it is, `what` was found, what is
    `allowed`, what to `do` next.
    """

    exit_code = 2

    def __init__(self, what: str, *, where: str = "", allowed: str = "", do: str = "") -> None:
        self.what, self.where, self.allowed, self.do = what, where, allowed, do
        super().__init__(str(self))

    def __str__(self) -> str:
        lines = [f"{self.where}: {self.what}" if self.where else self.what]
        if self.allowed:
            lines.append(f"  allowed: {self.allowed}")
        if self.do:
            lines.append(f"  to do:   {self.do}")
        return "\n".join(lines)


class ContractError(UserError):
    """A contract, code list or policy file does not say what it must."""

    exit_code = 3


class CheckError(UserError):
    """A check over the numbers found bad rows: the build stops before anything is
    printed from them.
    """

    exit_code = 4


class NarrativeError(UserError):
    """A text prints a number that is not a cell, or binds to a key that does not exist."""

    exit_code = 5


class RenderError(UserError):
    """A report could not be rendered to a conforming PDF."""

    exit_code = 6


class LeakError(UserError):
    """A finished version shows something that is not released: it is not put in place."""

    exit_code = 8


class DisclosureError(UserError):
    """What a version may not show could be worked out from what it shows: nothing of it
    is published.
    """

    exit_code = 7


class BusyError(UserError):
    """Another build writes to the same outputs: this one has not begun."""

    exit_code = 9


class PlaceError(UserError):
    """The machine does not let a file be written: no room, no permission, a folder that
    is only for reading.
    """

    exit_code = 10


class SignOffError(UserError):
    """A version may not be moved on: something that its next state needs is missing."""

    exit_code = 11


class NumberAuditError(UserError):
    """A finished version prints a numeral that is no cell, no formula and no listed
    exception: it stays out.
    """

    exit_code = 12


class NoGoError(UserError):
    """A round is not fit to be published: the release gate says why."""

    exit_code = 13


class DamagedFileError(UserError):
    """A file that an earlier step left is not what it left: nothing is made from it."""

    exit_code = 14


class MailError(UserError):
    """Mail did not leave, or nobody knows whether it did: the relay could not be reached,
    refused it, or broke off.
    """

    exit_code = 15


class ReturnError(UserError):
    """A return that its state checks before it sends it is not in order: what is wrong
    was listed.
    """

    exit_code = 16


class RehearsalError(UserError):
    """A year that was tried did not go as it should: what did not work was listed."""

    exit_code = 17
