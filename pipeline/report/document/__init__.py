"""How is a report put together? From chapters, annexes and its printed ledger; as a
document and as a web page.
"""
