# %% [markdown]
# # Are our customers content, and has that changed?
#
# The same questions were asked twice in the year of a water utility that does not exist.

# %%
from servicecrm import surveys
from servicecrm.analytics import plots
from servicecrm.analytics.table import Table
from servicecrm.demo import a_year
from servicecrm.storage import MemoryStore

crm = a_year(MemoryStore())
campaigns = list(crm.campaigns.find(order="number"))
Table(campaigns, columns=("number", "title", "wave", "opens_at", "state"))

# %% [markdown]
# ## Who has answered?

# %%
turnouts = [crm.invitations.turnout(campaign.id) for campaign in campaigns]
Table(turnouts, columns=("invited", "share"))

# %% [markdown]
# ## What they say
#
# Each figure has its interval: where the truth may lie, had others answered.

# %%
spring, autumn = (
    crm.evaluations.of(campaign.id, by="stratum", wave=name)
    for campaign, name in zip(campaigns, ("spring", "autumn"), strict=True)
)
plots.satisfaction(spring, autumn)

# %% [markdown]
# ## Has anything changed?
#
# All in all it has not, as far as anybody can tell; but that is the mean of those who gained and those who lost.

# %%
overall = surveys.change(spring, autumn, "overall")
str(overall.verdict)

# %%
moved = {
    line.group[0]: (line.value or 0) - (spring.line("overall", group=line.group).value or 0)
    for line in autumn
    if line.key == "overall" and line.group
}
sorted(moved.items(), key=lambda item: item[1])

# %% [markdown]
# ## Go on in a data frame

# %%
rows = [row for row in autumn.to_dicts() if row["about"] == "item" and row["group"] is not None]
sorted({str(row["key"]) for row in rows})
