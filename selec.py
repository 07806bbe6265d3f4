"""Which figures are there? `import selec` in Python or a notebook; see docs/how-to/ask.md.

The package is `pipeline.selec`; here it has its short name, so that there is one copy.
"""

from pipeline.selec import *  # noqa: F403 its names are listed there
from pipeline.selec import __all__ as __all__
