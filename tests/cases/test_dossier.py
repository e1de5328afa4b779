"""The file of a person is open while any of the cases is, and shows the background."""

from hypothesis import given
from hypothesis import strategies as st

from servicecrm.cases import LIFECYCLE, Case, Dossier
from servicecrm.testing.makers import MONDAY
from tests.cases.making import HOUR, a_case


def test_the_last_closing_closes_the_file_and_a_new_call_opens_it_with_everything_in_it() -> None:  # C057
    old = [a_case(id="case-1", state="closed", requester="citizen-7")]
    assert not Dossier.of("citizen-7", old).is_open

    new = a_case(id="case-2", requester="citizen-7", received_at=MONDAY + HOUR)
    dossier = Dossier.of("citizen-7", [new, *old])
    assert dossier.is_open
    assert dossier.open_cases == (new,)
    assert dossier.background(new) == tuple(old)


@given(
    st.permutations(
        [
            a_case(id=f"case-{n}", requester=person, state=state, received_at=MONDAY + hours * HOUR)
            for n, (person, state, hours) in enumerate(
                [("a", "closed", 2), ("b", "in_work", 0), ("a", "withdrawn", 1), ("a", "answered", 1), (None, "new", 0)]
            )
        ]
    )
)
def test_a_file_holds_the_persons_own_cases_in_a_stable_order(found: list[Case]) -> None:  # C057
    dossier = Dossier.of("a", found)

    assert [case.id for case in dossier.cases] == ["case-2", "case-3", "case-0"]
    assert dossier.is_open


@given(st.lists(st.sampled_from(LIFECYCLE.states), max_size=5))
def test_a_file_is_open_exactly_while_one_of_its_cases_is(states: list[str]) -> None:  # C057
    dossier = Dossier.of("a", (a_case(id=f"c-{n}", requester="a", state=state) for n, state in enumerate(states)))

    assert dossier.is_open == any(state not in ("closed", "withdrawn") for state in states)
