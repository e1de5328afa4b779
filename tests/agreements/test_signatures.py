"""Signatures stand for one content, and fall with it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.errors import PolicyViolation
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.records import evolve, record
from servicecrm.tracking.signatures import Signature, signed_digest, unsigned, with_signature
from tests.agreements.making import MONDAY


@record
class Paper:
    title: str
    pages: int = 0
    note: str | None = None
    tags: tuple[str, ...] = ()
    words: FrozenMap = EMPTY


FIELDS = ("title", "pages", "note", "tags", "words")
PAPERS = st.builds(
    Paper,
    title=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=3),
    pages=st.integers(0, 2),
    note=st.none() | st.just("x"),
    tags=st.lists(st.sampled_from("ab"), max_size=2).map(tuple),
    words=st.dictionaries(st.sampled_from("ab"), st.just("x")).map(FrozenMap),
)


def signature(party: str, digest: str = "d") -> Signature:
    return Signature(party=party, signer=f"{party}@x.example", at=MONDAY, digest=digest)


@given(PAPERS, PAPERS)
def test_two_contents_have_one_digest_only_if_they_say_the_same(one: Paper, other: Paper) -> None:  # C029
    assert (signed_digest(one, FIELDS) == signed_digest(other, FIELDS)) == (one == other)


@given(PAPERS)
def test_what_is_not_signed_does_not_change_the_digest(paper: Paper) -> None:  # C029
    assert signed_digest(paper, ("title",)) == signed_digest(evolve(paper, pages=9), ("title",))


def test_the_digest_is_what_it_always_was() -> None:  # C029
    """It has been signed."""
    paper = Paper(title="Wasser", pages=2, words=FrozenMap({"b": "2", "a": "1"}))

    assert signed_digest(paper, FIELDS) == "4d9f25758b2a7dfb41517559891736f5c7693d87e9163510a111c31ad564cee9"


def test_a_signature_for_another_content_is_refused() -> None:  # C029
    with pytest.raises(PolicyViolation, match="not what it says now"):
        with_signature((), signature("a", "old"), digest="new")


def test_those_of_another_content_are_dropped_and_those_of_the_same_party_replaced() -> None:  # C029
    kept = with_signature((signature("a"), signature("b", "old"), signature("c")), signature("c"), digest="d")

    assert [each.party for each in kept] == ["a", "c"]


def test_who_has_not_signed_this_content_is_told() -> None:  # C029
    assert unsigned((signature("a"), signature("b", "old")), ("a", "b", "c"), digest="d") == ("b", "c")
