"""Which solver looks for tables? HiGHS. Where it is missing, the message says what to
install.
"""

from __future__ import annotations

from pipeline.errors import UserError

try:
    import highspy
except ImportError as problem:
    raise UserError(
        f"the solver HiGHS cannot be loaded: {problem}",
        allowed="the package highspy, as pinned in requirements.lock",
        do="install it with '.venv/bin/pip install --require-hashes -r requirements.lock'",
    ) from problem

__all__ = ["highspy"]
