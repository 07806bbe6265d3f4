"""Why is a cell withheld? The words of the analyst's tables, and which of them say that
a cell is sensitive itself.
"""

SUPPRESSED = "suppressed by the sender"
LEFT_OUT = "suppressed by the sender, and left out with its row"
BOUND = "bound by the sender"
SMALL = "small count"
FEW = "too few contributors"
GIVEN_UP = "breakdown not published"
AS_BEFORE = "withheld by this round's registered edition"
PROTECTS = "protects others"
IN_QUESTION = "part in question beside a whole that is withheld"
SENSITIVE = (SUPPRESSED, LEFT_OUT, BOUND, SMALL)  # by its own nature; each needs a proof
