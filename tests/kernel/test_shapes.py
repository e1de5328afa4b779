"""What is asked for by a code or a language is refused by name, whatever it is."""  # C093

from collections.abc import Callable
from functools import reduce
from sys import getrecursionlimit
from typing import Any

import pytest

from servicecrm.complaints import Severity
from servicecrm.errors import InvalidValue
from servicecrm.kernel.shapes import coded
from servicecrm.kernel.values import language_tag


def deep(nested: Callable[[Any], Any]) -> Any:
    """What is too deep to be written out."""
    return reduce(lambda inner, _: nested(inner), range(getrecursionlimit() * 3), nested("high"))


STRANGE: dict[str, Any] = {
    "a very deep list": deep(lambda inner: [inner]),
    "a very deep dict": deep(lambda inner: {"high": inner}),
    "a list": ["high"],
    "bytes": b"en",
    "a number": 5,
    "nothing": None,
}


@pytest.mark.parametrize("name", STRANGE)
def test_what_is_no_text_is_no_code(name: str) -> None:
    with pytest.raises(InvalidValue, match="severity: expected one of low, medium, high, critical"):
        Severity(STRANGE[name])
    with pytest.raises(InvalidValue, match="impact: expected one of low, medium, high, critical"):
        coded("impact", Severity, STRANGE[name])


@pytest.mark.parametrize("name", STRANGE)
def test_what_is_no_text_is_no_language(name: str) -> None:
    with pytest.raises(InvalidValue, match="such as de, de-AT or zh-Hant"):
        language_tag(STRANGE[name])


def test_a_code_is_taken_by_its_text_or_as_it_is() -> None:
    assert Severity("high") is Severity(Severity.HIGH) is Severity.HIGH
