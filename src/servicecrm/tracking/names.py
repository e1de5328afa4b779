"""What timers are called, for people."""

from servicecrm.tracking import TEXTS

__all__ = ["timer_name"]


def timer_name(name: str, *, language: str) -> str:
    """The name of a timer in a language; one of a house's own is called what the house calls it.

    Source: C093.
    """
    key = f"timer.{name}"
    return TEXTS.get(key, language=language) if key in TEXTS.keys("en") else name
