"""A code that there is not is refused under the name of the argument that it was given as."""

from collections.abc import Callable

import pytest

from servicecrm import cases
from servicecrm.errors import InvalidValue
from servicecrm.testing.makers import MONDAY
from tests.cases.making import DAY, WANDA, accepted

NO_CODES: dict[str, Callable[[], object]] = {
    "outcome": lambda: cases.contact(accepted(), "x", note="Rang.", id="m", by=WANDA, at=MONDAY),
    "for_": lambda: cases.wait(accepted(), "x", by=WANDA, at=MONDAY),
    "clock": lambda: cases.forward(accepted(), "paul", reason="pumps", clock="x", by=WANDA, at=MONDAY),
    "asker": lambda: cases.request_update(accepted(), MONDAY + DAY, asker="x", by=WANDA, at=MONDAY),
    "kind": lambda: cases.link(accepted(), "case-0", kind="x", by=WANDA, at=MONDAY),
    "klass": lambda: cases.message(accepted(), "Hm", id="m", side="outside", klass="x", by=WANDA, at=MONDAY),
    "side": lambda: cases.message(accepted(), "Hm", id="m", side="x", by=WANDA, at=MONDAY),
    "channel": lambda: cases.amend(accepted(), channel="x", by=WANDA, at=MONDAY),
    "priority": lambda: cases.rate(accepted(), "x", by=WANDA, at=MONDAY),
}


@pytest.mark.parametrize("argument", NO_CODES)
def test_an_unknown_code_is_refused_by_the_name_of_its_argument(argument: str) -> None:
    with pytest.raises(InvalidValue, match=rf"^{argument}: expected one of \w+, \w+"):
        NO_CODES[argument]()
