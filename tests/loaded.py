"""What do the commands that tests run share? The libraries and modules that the steps of a
build load, loaded once.
"""

from __future__ import annotations

from pipeline.steps.run import OF_VERSIONS
from pipeline.system.patches import import_great_expectations

for _name in OF_VERSIONS:
    __import__(_name)
import_great_expectations()
