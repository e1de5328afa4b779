"""A host's own words for the states."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm import cases
from servicecrm.complaints import LIFECYCLE
from servicecrm.complaints.ports import StateWords
from servicecrm.errors import InvalidValue
from servicecrm.kernel.lifecycle import Move

TOTAL = {f"our {state}": state for state in LIFECYCLE.states}


@given(st.lists(st.text(min_size=1), min_size=len(TOTAL), max_size=len(TOTAL), unique=True))
def test_every_state_has_a_word_and_every_word_its_state(given: list[str]) -> None:  # C056
    words = StateWords(dict(zip(given, LIFECYCLE.states, strict=True)))
    assert [words.state(words.word(state)) for state in LIFECYCLE.states] == list(LIFECYCLE.states)
    assert [words.word(words.state(word)) for word in given] == given


def test_words_that_are_not_total_are_refused_with_every_reason() -> None:
    wrong = {**TOTAL, "shut": "closed", "paused": "waiting"}
    del wrong["our assessed"]
    says = (
        "StateWords: no word for assessed; two words for closed; paused stands for no state; "
        "each state of a complaint needs one word"
    )
    with pytest.raises(InvalidValue, match=f"^{re.escape(says)}$"):
        StateWords(wrong)


def test_a_word_or_state_that_is_not_known_is_refused_without_showing_it() -> None:
    words = StateWords(TOTAL)
    for ask in (words.state, words.word):
        with pytest.raises(InvalidValue, match="known: ") as refused:
            ask("a secret")
        assert "secret" not in str(refused.value)
    with pytest.raises(InvalidValue):
        words.word("our closed")


def test_words_may_be_for_another_table() -> None:
    ours = LIFECYCLE.with_moves(
        Move("review", "responded", "reviewed"), Move("close", "reviewed", "closed", demands=("closing_code",))
    )
    with pytest.raises(InvalidValue, match="no word for reviewed"):
        StateWords(TOTAL, lifecycle=ours)
    assert StateWords({**TOTAL, "checked": "reviewed"}, lifecycle=ours).word("reviewed") == "checked"
    same = StateWords({state: state for state in cases.LIFECYCLE.states}, lifecycle=cases.LIFECYCLE)
    assert same.word("closed") == "closed"


def test_what_the_host_changes_later_changes_nothing() -> None:
    given = dict(TOTAL)
    words = StateWords(given)
    given.clear()
    assert words.word("closed") == "our closed"
