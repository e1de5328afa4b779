# %% [markdown]
# # How do we deal with complaints?
#
# A year of a water utility that does not exist. With a store of your own it is
# `crm = servicecrm.connect("crm.db", readonly=True)`, and the rest stays as it is.

# %%
from servicecrm.analytics import CaseRow, plots, summarise
from servicecrm.analytics.table import Table
from servicecrm.complaints import LIFECYCLE
from servicecrm.demo import a_year
from servicecrm.storage import MemoryStore

crm = a_year(MemoryStore())
complaints = list(crm.complaints.find())
Table(complaints, columns=("number", "received_at", "subject", "category", "priority", "handler", "state"))

# %% [markdown]
# ## What came in, and what is left
#
# The line is what was open at the end of each month.

# %%
rows = [
    CaseRow(state=each.state, open=each.state in LIFECYCLE.open, received_at=each.received_at, closed_at=each.closed_at)
    for each in complaints
]
summary = summarise(rows, now=crm.clock())
plots.backlog(summary)

# %% [markdown]
# ## Are we in time?

# %%
year = crm.kpis("2025")
year.only("K13", "K14", "K15", "K22", "K23")

# %%
quarters = [crm.kpis(f"2025-Q{n}") for n in range(1, 5)]
plots.kpi_trend(quarters, "K23")

# %% [markdown]
# The number of complaints is small, so a quarter more or less says little: the table has `n` beside every figure.

# %%
late = [(quarter.period, quarter["K23"].value, quarter["K23"].n) for quarter in quarters]
sorted(late, key=lambda row: row[1] or 0)

# %% [markdown]
# ## What is open, and what could be done about it

# %%
board = crm.numbers.board(by="service")
board.text().splitlines()

# %% [markdown]
# ## The records behind a figure

# %%
missed = set(year["K23"].ids) - set(year["K23"].hits)
Table([each for each in complaints if each.id in missed], columns=("number", "subject", "handler", "state"))
