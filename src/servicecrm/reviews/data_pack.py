"""What a service review looks at: collected once, and frozen, so that both sides talk about the same figures."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Final

import attrs

from servicecrm.kernel.records import Personal, field_names, record
from servicecrm.kernel.shapes import filled, several
from servicecrm.reviews.codes import Achievement, PackSource
from servicecrm.tracking.signatures import signed_digest

__all__ = ["Achieved", "DataPack", "Measured", "OpenAction", "PackEntry", "pack"]


@record
class Achieved:
    """What was agreed about a service, and what was achieved, as it is to be read: `agreed="99.5 %"`."""

    service: str = attrs.field(validator=filled)
    period: str | None = attrs.field(default=None, validator=filled)
    target: str | None = attrs.field(default=None, validator=filled)
    agreed: str | None = attrs.field(default=None, validator=filled)
    achieved: str | None = attrs.field(default=None, validator=filled)
    outcome: Achievement = attrs.field(default=Achievement.NOT_MEASURED, converter=Achievement)


@record
class PackEntry:
    """A complaint, a praise, a change, a risk or a need, as it stood at the cut-off. `record` is its id or number."""

    record: str = attrs.field(validator=filled)
    title: Personal[str] = ""
    service: str | None = None
    at: datetime | None = None
    state: str | None = None


@record
class Measured:
    """How satisfied the customer was, by a measure such as `csat`: overall, or with a service."""

    measure: str = attrs.field(validator=filled)
    value: Decimal
    n: int
    service: str | None = None
    source: str | None = None


@record
class OpenAction:
    """An action that was not done at the cut-off, and for how many days it had been late."""

    record: str = attrs.field(validator=filled)
    title: Personal[str] = ""
    owner: str
    due_at: datetime
    days_late: int = 0


@record
class DataPack:
    """All that a review looks at, as it was known at the `cut_off`.

    `missing` are the sources that gave nothing to look at, which is something else than that there was nothing.

    Source: C087.
    """

    cut_off: datetime
    results: tuple[Achieved, ...] = ()
    complaints: Personal[tuple[PackEntry, ...]] = ()
    praise: Personal[tuple[PackEntry, ...]] = ()
    satisfaction: tuple[Measured, ...] = ()
    changes: Personal[tuple[PackEntry, ...]] = ()
    risks: Personal[tuple[PackEntry, ...]] = ()
    actions: Personal[tuple[OpenAction, ...]] = ()
    needs: Personal[tuple[PackEntry, ...]] = ()
    missing: tuple[PackSource, ...] = ()

    @property
    def digest(self) -> str:
        """The SHA-256 of its content: the same for as long as nothing of it is changed or erased."""
        return signed_digest(self, field_names(DataPack))

    @property
    def empty(self) -> bool:
        """Did no source give anything to look at?"""
        return set(self.missing) == set(PackSource)


def pack(
    *,
    cut_off: datetime,
    services: Iterable[str] = (),
    results: Iterable[Achieved] | None = None,
    complaints: Iterable[PackEntry] | None = None,
    praise: Iterable[PackEntry] | None = None,
    satisfaction: Iterable[Measured] | None = None,
    changes: Iterable[PackEntry] | None = None,
    risks: Iterable[PackEntry] | None = None,
    actions: Iterable[OpenAction] | None = None,
    needs: Iterable[PackEntry] | None = None,
) -> DataPack:
    """Collect what a review looks at. A source that is None is missing; one that is empty had nothing to tell.

    Of each of the `services` that nothing was measured of, that is said.

    Source: C087.
    """
    given = {
        PackSource.RESULTS: results,
        PackSource.COMPLAINTS: complaints,
        PackSource.PRAISE: praise,
        PackSource.SATISFACTION: satisfaction,
        PackSource.CHANGES: changes,
        PackSource.RISKS: risks,
        PackSource.ACTIONS: actions,
        PackSource.NEEDS: needs,
    }
    found: dict[str, tuple[object, ...]] = {
        source.value: () if lines is None else several(source.value, lines) for source, lines in given.items()
    }
    measured = {each.service for each in found[_RESULTS] if isinstance(each, Achieved)}
    found[_RESULTS] += tuple(Achieved(service=each) for each in services if each not in measured)
    missing = tuple(source for source, lines in given.items() if lines is None)
    return DataPack(cut_off=cut_off, missing=missing, **found)  # type: ignore[arg-type]  # the record checks each


_RESULTS: Final = PackSource.RESULTS.value
