"""The key figures of complaints and cases, K13 to K32, and of customers: what each of them means, in two tables."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from servicecrm.measures.kpis import Kpi

__all__ = ["CUSTOMER_KPIS", "KPIS"]

HOURS: Final = "hours"
DAYS: Final = "business_days"
COUNT: Final = "count"
PERCENT: Final = "percent"
MONEY: Final = "money"
POINTS: Final = "points"

Row = tuple[str, str, Literal["higher", "lower"], bool, str, str]

_TABLE: Final[tuple[Row, ...]] = (
    # id, unit, which is better, do months sum to the year, formula, source
    ("K13", HOURS, "lower", False, "mean business time from receipt to acknowledgement", "C042"),
    ("K13.median", HOURS, "lower", False, "median business time from receipt to acknowledgement", "C042"),
    ("K14", HOURS, "lower", False, "mean business time to the first resolution, without pauses, by its date", "C035"),
    ("K14.median", HOURS, "lower", False, "median business time to the first resolution, without pauses", "C035"),
    ("K14.p90", HOURS, "lower", False, "business time that 9 of 10 first resolutions do not exceed", "C035"),
    ("K14.total", HOURS, "lower", False, "mean business time to the last resolution, every reopening added", "C050"),
    ("K15", COUNT, "lower", True, "timers due in the period that nothing had stopped by then", "C037"),
    ("K15.rate", PERCENT, "lower", False, "records with such a timer / records with a timer due in the period", "C037"),
    ("K16", COUNT, "lower", False, "forwardings up to the closing / records closed in the period", "C059"),
    ("K17", PERCENT, "lower", False, "closed after at least one forwarding / records closed in the period", "C059"),
    ("K18", COUNT, "lower", True, "received in the period, without duplicates", "C040"),
    ("K19", COUNT, "lower", True, "judged justified or partly justified in the period", "C044"),
    ("K20", PERCENT, "lower", False, "justified or partly / justified, partly or unjustified", "C044"),
    (
        "K21",
        PERCENT,
        "lower",
        False,
        "(received - received in the period before) / received in the period before",
        "C054",
    ),
    ("K22", PERCENT, "higher", False, "acknowledged by the due time / acknowledgements due in the period", "C042"),
    ("K23", PERCENT, "higher", False, "resolved by the due time / resolutions due in the period", "C035"),
    ("K24", COUNT, "lower", False, "open at the start + received + reopened - ended: open at the end", "C051"),
    ("K24.start", COUNT, "lower", False, "open when the period begins", "C051"),
    ("K24.received", COUNT, "lower", True, "received in the period, with duplicates", "C051"),
    ("K24.reopened", COUNT, "lower", True, "reopened in the period after an end", "C050"),
    ("K24.ended", COUNT, "higher", True, "closed in the period, or ended in another way", "C049"),
    ("K25", PERCENT, "lower", False, "reopenings / closings in the period", "C050"),
    ("K26", PERCENT, "lower", False, "escalated in the period / open or escalated at some time in it", "C039"),
    ("K26.external", PERCENT, "lower", False, "passed to an outside body / open or escalated at some time", "C048"),
    ("K27", COUNT, "lower", False, "100 x received / customers or agreements active in the mean", "C054"),
    ("K28", PERCENT, "lower", False, "received after one of the same customer and category / received", "C055"),
    ("K29", PERCENT, "higher", False, "closed without forwarding, reopening or another contact / closed", "C049"),
    ("K30", PERCENT, "higher", False, "actions done by their due time / actions due in the period", "C053"),
    ("K30.overdue", COUNT, "lower", False, "open actions past their due time when the period ends", "C053"),
    ("K31", DAYS, "lower", False, "mean age of what is open when the period ends", "C051"),
    ("K31.open", COUNT, "lower", False, "open when the period ends, by age", "C051"),
    ("K32", MONEY, "lower", True, "sum of what remedies granted in the period cost", "C047"),
)

_OF_CUSTOMERS: Final[tuple[Row, ...]] = (
    ("K01", COUNT, "higher", False, "customers that are served when the period ends", "C009"),
    ("K01.new", COUNT, "higher", True, "customers that were served for the first time in the period", "C009"),
    ("K01.prospects", COUNT, "higher", True, "prospects that were added in the period", "C015"),
    ("K02", COUNT, "lower", True, "customers that left in the period", "C011"),
    ("K03", PERCENT, "lower", False, "served at the start and not at the end / served at the start", "C016"),
    ("K03.retention", PERCENT, "higher", False, "served at the start and at the end / served at the start", "C016"),
    ("K04", PERCENT, "higher", False, "customers served that have an account manager / customers served", "C013"),
    ("K05", PERCENT, "higher", False, "customers served that were verified lately / customers served", "C010"),
    (
        "K06",
        PERCENT,
        "higher",
        False,
        "mean share of the fields that are known of a customer, by weight",
        "C018",
    ),
    ("K09", POINTS, "higher", False, "mean grade of recency, frequency and money, by their weights", "C020"),
    ("K10", POINTS, "higher", False, "mean health of the relationships of which anything is known", "C022"),
)


def _defined(table: tuple[Row, ...]) -> Mapping[str, Kpi]:
    return MappingProxyType(
        {
            id: Kpi(id=id, unit=unit, better=better, additive=additive, formula=formula, source=source)
            for id, unit, better, additive, formula, source in table
        }
    )


KPIS: Final = _defined(_TABLE)
"""Every key figure by its id; `K14.p90` is one beside `K14`. A house has a target: `evolve(KPIS["K22"], target=95.0)`.

Source: C113; K13-K32.
"""

CUSTOMER_KPIS: Final = _defined(_OF_CUSTOMERS)
"""The key figures of customers by their ids. Those of agreements are in `agreements.reports`.

Source: C113; K01-K06, K09, K10.
"""
