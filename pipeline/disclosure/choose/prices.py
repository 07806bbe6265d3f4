"""Which of the patterns of nearly least loss is taken? One that a secret decides.

Whoever knows the program can choose again on every table that fits what was
published, and leave out those that would have given another pattern. So what hiding a
cell costs is raised by a part of up to BAND that only the holder of a secret can work
out. The same secret, edition and cell give the same part, so the same edition gives the
same pattern.
"""

from __future__ import annotations

import hmac
from dataclasses import replace

import numpy as np

from pipeline.disclosure.choose.linked import System

BAND = 0.5
_STEPS = 2**53  # as many parts as a number of double precision tells apart


def priced(system: System, secret: bytes, *, edition: str) -> System:
    """The system with prices that only the secret tells; without a secret as it is."""
    if not secret:
        return system
    raised = np.array([1 + BAND * _part(secret, edition, name) for name in system.names])
    return replace(system, loss=system.loss * raised)


def order_of(secret: bytes, *, edition: str) -> int:
    """The number that breaks ties."""
    return int(_part(secret, edition, "") * _STEPS) if secret else 0


def _part(secret: bytes, edition: str, name: str) -> float:
    """A number from 0 to below 1: a keyed hash, of which nobody learns the key (RFC 2104)."""
    digest = hmac.digest(secret, f"{edition}\n{name}".encode(), "sha256")
    return (int.from_bytes(digest[:8], "big") >> 11) / _STEPS
