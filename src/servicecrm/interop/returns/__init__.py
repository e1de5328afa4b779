"""What regulators and open-data portals want to know of complaints, as pure mappings: rows in, rows out.

A return refuses what it cannot hold, and tells every finding and not only the first. `fca` counts complaints for the
UK's Financial Conduct Authority, `asic` lists them for Australia, `cfpb` shows them as the US Consumer Financial
Protection Bureau does, and `nyc311` writes and reads rows of New York City's 311 data. `return_row` makes a row of a
complaint. None of them sends anything.
"""

from servicecrm.interop.returns import asic, cfpb, fca, nyc311
from servicecrm.interop.returns.model import Finding, Redress, ReturnRow
from servicecrm.interop.returns.rows import return_row

__all__ = ["Finding", "Redress", "ReturnRow", "asic", "cfpb", "fca", "nyc311", "return_row"]
