"""A desk on every kind of store, with a clock that stands still and ids that are the same in every run."""

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from servicecrm.complaints import Complaint
from servicecrm.desk import Desk, connect
from servicecrm.testing import FixedClock, SeededIds
from tests.desk import calling
from tests.desk.places import STORES, empty_store

Bring = Callable[..., Complaint]


@pytest.fixture
def clock() -> FixedClock:
    """Monday, 2 March 2026, 9 in the morning, until a test lets time pass."""
    return FixedClock()


@pytest.fixture(params=STORES)
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of store."""
    kind: str = request.param
    return kind


@pytest.fixture
def url(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """What to connect to."""
    with empty_store(kind, tmp_path, request) as url:
        yield url


@pytest.fixture
def crm(url: str, clock: FixedClock) -> Iterator[Desk]:
    """A desk on an empty store, where Ann works."""
    with connect(url, actor="ann@city.example", clock=clock, ids=SeededIds()) as crm:
        yield crm


@pytest.fixture
def undone(crm: Desk) -> Callable[[], AbstractContextManager[None]]:
    """A unit that fails at its end."""

    @contextlib.contextmanager
    def undone() -> Iterator[None]:
        with contextlib.suppress(ZeroDivisionError), crm.unit():
            yield
            raise ZeroDivisionError

    return undone


@pytest.fixture
def bring(crm: Desk) -> Bring:
    """Records a complaint and brings it to a state, with fields as the test needs them."""

    def bring(state: str = "recorded", **fields: object) -> Complaint:
        complaint: Complaint = calling.bring(
            crm, "complaints", state, **{"subject": "No water since Monday", "channel": "phone", **fields}
        )
        return complaint

    return bring
