# %% [markdown]
# # Whom do we have to look after?
#
# The portfolio of a water utility that does not exist, at the end of its year.

# %%
from datetime import date

from servicecrm import reports
from servicecrm.analytics.table import Table
from servicecrm.demo import a_year
from servicecrm.storage import MemoryStore

crm = a_year(MemoryStore())
portfolio = crm.customers.view()
Table(portfolio, columns=("name", "account_manager", "agreements", "open_complaints", "heard_at", "next_review"))

# %% [markdown]
# ## Which agreements end soon?

# %%
Table(crm.agreements.due_for_renewal(days=90))

# %% [markdown]
# ## Which reviews are late?

# %%
overdue = crm.review_schedules.overdue()
names = {line.id: line.name for line in portfolio}
sorted((names[each.customer], each.due, each.days_late) for each in overdue)

# %% [markdown]
# ## The figures of the year

# %%
crm.numbers.customers("2025").only("K01", "K07", "K08")

# %% [markdown]
# ## A report for a customer
#
# Names take the place of ids. In a notebook, `IPython.display.Markdown(text)` draws it.

# %%
names |= {service.id: service.title("en") for service in crm.services.find()}
review = max(crm.service_reviews.find(), key=lambda each: each.next_on or date.min)
text = reports.markdown(reports.document(review, names=names))
text.splitlines()[:9]
