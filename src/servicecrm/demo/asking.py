"""What the customers are asked twice in the year, and what each person answers."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Final

from servicecrm import surveys
from servicecrm.demo.cast import CUSTOMERS, SERVICES

__all__ = ["ASKED", "EACH", "ITEMS", "OPEN_FOR", "TITLE", "answers"]

EACH: Final = 9
"""People who are asked at every customer."""

ASKED: Final = (3, 10)
"""The months of the two waves."""

OPEN_FOR: Final = timedelta(days=28)

TITLE: Final = {"en": "How are we doing?", "de": "Wie machen wir uns?", "zh": "我们做得怎么样"}

_TEN: Final = surveys.Scale(low=1, high=10)


_ENDS: Final = {
    1.0: {"en": "very bad", "de": "sehr schlecht", "zh": "很差"},
    10.0: {"en": "very good", "de": "sehr gut", "zh": "很好"},
}


def _rated(key: str, text: Mapping[str, str], *, service: str | None = None) -> surveys.Item:
    return surveys.item(key, "scale", text=text, scale=_TEN, labels=_ENDS, service=service, required=key == "overall")


ITEMS: Final = (
    _rated("overall", {"en": "All in all", "de": "Alles in allem", "zh": "总体"}),
    *(_rated(f"our_{key}", name, service=key) for key, name in SERVICES.items()),
    _rated("help", {"en": "Help when something is wrong", "de": "Hilfe bei Störungen", "zh": "故障时的帮助"}),
)

_MOODS: Final = (0, 1, -1, 0, 2, -2, 1, 0, -1)
"""How far a person's answer lies from that of its house; one for each of them."""


def answers(customer: str, wave: int) -> Iterator[tuple[str, dict[str, float]]]:
    """The people at a customer who answer in a wave, with their answers; two or three of them never do."""
    content = CUSTOMERS[customer].content[wave]
    place = list(CUSTOMERS).index(customer)
    for n in range(EACH):
        if (n + place + wave) % 4 == 3:
            continue
        overall = _within(content + _MOODS[n])
        apart = {
            f"our_{key}": _within(overall + _MOODS[(n + k + place) % EACH])
            for k, key in enumerate(CUSTOMERS[customer].services)
        }
        yield f"{customer}-{n}", {"overall": overall, **apart, "help": _within(content - 1 + _MOODS[n - wave])}


def _within(mark: int) -> int:
    return max(1, min(10, mark))
