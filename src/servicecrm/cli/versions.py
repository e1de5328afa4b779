"""Which versions of packages are installed, and which extras with them."""

from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Final

__all__ = ["EXTRAS", "extras", "installed"]

EXTRAS: Final[Mapping[str, tuple[str, ...]]] = {
    "calendars": ("holidays",),
    "docx": ("python-docx",),
    "fast": ("msgspec",),
    "frames": ("narwhals",),
    "ical": ("icalendar",),
    "pdf": ("typst",),
    "plot": ("altair",),
    "postgres": ("psycopg", "psycopg-pool"),
    "reports": ("jinja2",),
    "testing": ("hypothesis", "pytest"),
}
"""What each extra is there for us with. Written down, because what pip keeps of us is that of the last installation."""


def installed(package: str) -> str | None:
    """The installed version of a package; None if it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def extras() -> Iterator[str]:
    """A line for each extra: its packages with their versions, or how to install them."""
    for extra, packages in EXTRAS.items():
        found = [(package, installed(package)) for package in packages]
        there = all(has for _, has in found)
        told = ", ".join(f"{package} {has}" for package, has in found)
        yield f"extra {extra}: " + (told if there else f'not installed; pip install "servicecrm[{extra}]"')
