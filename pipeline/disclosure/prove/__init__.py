"""Is a release safe, and who can check it? The auditor: it shares no code with what
chose the cells to hide.

It reads the released files, the contracts, the rules, and the true cells as witness
maker. For every hidden sensitive cell it finds counter-tables: complete tables of whole
numbers that agree with everything that is public and give the cell other values. They
are the certificate, which `tools/verify_certificate.py` checks by addition alone.
"""
