"""How does a report read from cover to last annex? Chapters, annexes, ledger, web page."""
