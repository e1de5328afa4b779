"""Who plays in the year: the services, the customers with their contacts, what they agree to and complain about."""

from collections.abc import Mapping
from datetime import date
from typing import Final, NamedTuple

__all__ = ["CARE", "CASES", "COMPLAINTS", "CUSTOMERS", "HEAD", "MANAGERS", "SERVICES", "Complains", "Plays", "Requests"]

HEAD: Final = "dora@fenwater.example"
CARE: Final = "Customer Service"
MANAGERS: Final = ("ann@fenwater.example", "bob@fenwater.example", "eve@fenwater.example")

SERVICES: Final[Mapping[str, Mapping[str, str]]] = {
    "water": {"en": "Water supply", "de": "Wasserversorgung", "zh": "供水"},
    "sewage": {"en": "Waste water", "de": "Abwasser", "zh": "污水"},
    "metering": {"en": "Metering and billing", "de": "Zähler und Abrechnung", "zh": "计量与账单"},
}


class Plays(NamedTuple):
    """A customer. `content` is about what it answers on a scale from 1 to 10, in the first wave and in the second.

    `supplied` is the share of each quarter in which its water had full pressure; whoever has it has an agreement, of
    which `ends` is the last day. `reviews` is how often is looked back together.
    """

    name: str
    contact: str
    function: str
    services: tuple[str, ...]
    content: tuple[int, int]
    turnover: int
    supplied: tuple[str, ...] = ()
    ends: date | None = None
    reviews: str | None = None


CUSTOMERS: Final[Mapping[str, Plays]] = {
    "hospital": Plays(
        "St Bride's Hospital", "Dr Iris Vane", "Facilities", ("water", "sewage"), (8, 9), 420_000,
        ("99.9", "99.8", "99.9", "99.9"), reviews="quarter",
    ),
    "brewery": Plays(
        "Otter Brewery", "Sam Pike", "Production", ("water", "sewage", "metering"), (7, 4), 310_000,
        ("99.7", "99.2", "98.6", "98.9"), date(2026, 2, 28), reviews="quarter",
    ),
    "housing": Plays(
        "Mill Lane Housing", "Joan Reed", "Estate office", ("water", "metering"), (6, 6), 180_000,
        ("99.8", "99.6", "99.6", "99.7"), date(2026, 12, 31), reviews="6 months",
    ),
    "hotel": Plays(
        "Old Quay Hotel", "Max Teal", "Manager", ("water", "metering"), (5, 7), 60_000,
        ("99.6", "99.7", "99.9", "99.8"), date(2026, 1, 31),
    ),
    "laundry": Plays(
        "Station Laundry", "Nia Frost", "Owner", ("water", "sewage"), (6, 3), 75_000,
        ("99.5", "98.9", "98.7", "98.1"), date(2027, 12, 31),
    ),
    "town": Plays(
        "Town Hall", "Ruth Sedge", "Public works", ("water", "sewage", "metering"), (7, 8), 240_000,
        ("99.9", "99.9", "99.8", "99.9"), reviews="quarter",
    ),
    "school": Plays("Northfield School", "Ian Marsh", "Caretaker", ("water",), (8, 8), 22_000),
    "pool": Plays(
        "Parkside Pool", "Lea Brook", "Technical lead", ("water", "sewage"), (6, 7), 48_000,
        ("99.4", "99.5", "99.5", "99.6"), date(2025, 6, 30),
    ),
    "cafe": Plays("Harbour Cafe", "Rosa Finn", "Owner", ("water",), (9, 8), 9_000),
    "nursery": Plays("Green Lane Nursery", "Tom Sorrel", "Grower", ("water", "metering"), (5, 5), 31_000),
    "farm": Plays("Weir Farm", "Ada Holt", "Farmer", ("water",), (4, 6), 27_000),
}  # fmt: skip
"""The customers at the beginning of the year. One more is won in spring."""


class Complains(NamedTuple):
    """A complaint of a customer on a day. `after` is the days until its answer; None leaves it open at the end."""

    customer: str
    day: date
    subject: str
    service: str
    category: str
    after: int | None
    severity: str = "medium"
    verdict: str = "justified"
    cause: str | None = None
    declined: bool = False


def _complains(customer: str, month: int, day: int, *what: object, **more: object) -> Complains:
    return Complains(customer, date(2025, month, day), *what, **more)  # type: ignore[arg-type]  # the rows below fit


COMPLAINTS: Final = (
    _complains("farm", 1, 14, "Pressure drops every morning", "water", "supply", 6, "high", cause="worn valve"),
    _complains("hotel", 1, 28, "Billed for two meters", "metering", "billing", 12),
    _complains("nursery", 2, 11, "Estimated bill again", "metering", "billing", 9, "low", cause="no reading"),
    _complains("laundry", 2, 20, "Brown water after works", "water", "quality", 4, "high", cause="flushing"),
    _complains("hotel", 3, 6, "Nobody called back", "metering", "contact", 15, "low"),
    _complains("pool", 3, 18, "Cover of the drain is loose", "sewage", "street", 2, "critical", cause="frost"),
    _complains("laundry", 4, 3, "No water for a morning", "water", "supply", 5, "high", cause="burst main"),
    _complains("cafe", 4, 15, "Meter reader came twice", "metering", "contact", 7, "low", "unjustified"),
    _complains("brewery", 4, 29, "Pressure below what was agreed", "water", "supply", 8, "high", cause="worn valve"),
    _complains("farm", 5, 13, "Trench left open on the field", "water", "works", 10),
    _complains("housing", 5, 22, "Readings swapped between two flats", "metering", "billing", 14, cause="no reading"),
    _complains("brewery", 6, 12, "Water off without notice", "water", "supply", 6, "critical", cause="burst main"),
    _complains("laundry", 6, 24, "Pressure too low to rinse", "water", "supply", 18, "high", cause="worn valve"),
    _complains("nursery", 7, 8, "Charged for sewage of garden water", "metering", "billing", 11, "low", "unjustified"),
    _complains("town", 7, 17, "Fountain fed by mistake", "water", "works", 5, "low"),
    _complains("brewery", 8, 5, "Taste of chlorine", "water", "quality", 7, "high", cause="flushing"),
    _complains("laundry", 8, 19, "Third time without water this year", "water", "supply", 9, "high", declined=True),
    _complains("school", 9, 9, "Tap water cloudy", "water", "quality", 3, "medium", "unjustified"),
    _complains("brewery", 9, 30, "Credit promised and not paid", "metering", "billing", 16),
    _complains("farm", 10, 21, "Meter box under water", "water", "works", 8),
    _complains("brewery", 11, 11, "Pressure below what was agreed, again", "water", "supply", 20, "high"),
    _complains("laundry", 11, 25, "Sewer smells in the yard", "sewage", "quality", None, "high"),
    _complains("brewery", 12, 2, "Tanker not sent as promised", "water", "supply", None, "critical"),
    _complains("hotel", 12, 10, "Renewal offer has other prices", "metering", "billing", None),
    _complains("housing", 12, 17, "Boiler closed down by low pressure", "water", "supply", None, "high"),
    _complains("nursery", 12, 30, "Frozen pipe not insulated", "water", "works", None, "low"),
)


class Requests(NamedTuple):
    """A request for help on a day, who asks, and after how many days it is answered; None leaves it open."""

    customer: str
    day: date
    subject: str
    queue: str
    after: int | None


CASES: Final = (
    Requests("school", date(2025, 1, 20), "A tap for bottles in the yard", "Connections", 9),
    Requests("cafe", date(2025, 2, 24), "Another meter for the terrace", "Connections", 14),
    Requests("town", date(2025, 4, 8), "Standpipe for the spring market", "Network Operations", 3),
    Requests("pool", date(2025, 6, 3), "Fill the basin at night", "Network Operations", 2),
    Requests("hospital", date(2025, 7, 22), "Plan of the pipes below the new wing", "Connections", 21),
    Requests("housing", date(2025, 9, 16), "Change the day of the reading", "Customer Service", 1),
    Requests("farm", date(2025, 11, 4), "Move the meter to the road", "Connections", 30),
    Requests("hotel", date(2025, 12, 22), "Softer water for the kitchen", "Customer Service", None),
)
