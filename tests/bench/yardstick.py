"""What would be hidden by those who guard against exact subtraction alone?"""

from __future__ import annotations

import numpy as np

from pipeline.disclosure.choose.components import split
from pipeline.disclosure.choose.elimination import eliminate
from pipeline.disclosure.choose.linked import System


def gaussian_only(system: System) -> np.ndarray:
    """Hidden cells when only exact subtraction is guarded against: a yardstick, not a
    safe pattern.
    """
    hidden = system.hidden.copy()
    for part in split(system)[0]:
        hidden[part.cells] = eliminate(part)
    return hidden
