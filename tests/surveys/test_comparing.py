"""A trend leads from one version to the next only where the same was asked."""

from collections.abc import Callable

import pytest

from servicecrm import surveys
from servicecrm.errors import PolicyViolation
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.records import evolve
from servicecrm.surveys import Comparability, Difference, Item, Polarity, Scale, check_comparable, compare
from servicecrm.surveys.items import Apart
from tests.surveys.making import a_draft, one_of_each

IDS = [each.id for each in one_of_each()]


def changed(id: str, change: Callable[[Item], Item]) -> surveys.Questionnaire:
    return a_draft(*(change(each) if each.id == id else each for each in one_of_each()))


def told(id: str, change: Callable[[Item], Item]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """What differs, by key."""
    found = compare(a_draft(), changed(id, change))
    return {each.key: (each.verdict, each.differs) for each in found if each.verdict is not Comparability.SAME}


def test_a_version_compares_with_itself() -> None:  # C079
    assert {each.verdict for each in compare(a_draft(), a_draft())} == {Comparability.SAME}


CHANGES: list[tuple[str, Callable[[Item], Item], str, str]] = [
    ("overall", lambda a: evolve(a, scale=Scale(low=1, high=5), labels=()), "broken", "scale"),
    ("overall", lambda a: evolve(a, polarity=Polarity.MIDDLE), "broken", "polarity"),
    ("overall", lambda a: evolve(a, reverse=True), "broken", "reverse"),
    ("overall", lambda a: evolve(a, service="water"), "broken", "service"),
    ("channel", lambda a: evolve(a, options=a.options[:2]), "broken", "options"),
    ("channel", lambda a: evolve(a, options=a.options[::-1]), "flagged", "order"),
    ("overall", lambda a: evolve(a, text=FrozenMap({"en": "How bad?"})), "flagged", "words"),
    ("overall", lambda a: evolve(a, labels=a.labels[:1]), "flagged", "words"),
    ("overall", lambda a: evolve(a, apart=(Apart.DONT_KNOW,)), "flagged", "apart"),
    ("visits", lambda a: evolve(a, most=None), "flagged", "limits"),
    ("overall", lambda a: evolve(a, required=True), "flagged", "base"),
    ("overall", lambda a: evolve(a, shown_if=FrozenMap({"item": "used", "equals": "yes"})), "flagged", "base"),
]


@pytest.mark.parametrize(("id", "change", "verdict", "difference"), CHANGES)
def test_a_change_is_told_and_weighed(
    id: str, change: Callable[[Item], Item], verdict: str, difference: str
) -> None:  # C075, C079
    ((found, differs),) = told(id, change).values()

    assert (found, differs[0]) == (verdict, difference)
    older, newer = a_draft(), changed(id, change)
    if verdict == "broken":
        with pytest.raises(PolicyViolation, match=difference):
            check_comparable(older, newer, key=id)
    else:
        assert check_comparable(older, newer, key=id).differs == differs


def test_a_trend_across_a_changed_scale_is_refused() -> None:  # C075, C079
    newer = changed("overall", lambda a: evolve(a, scale=Scale(low=1, high=5), labels=()))

    with pytest.raises(PolicyViolation, match=r"overall was asked in another way \(scale, words\); start a new trend"):
        check_comparable(a_draft(), newer, key="overall")


def test_rows_of_a_matrix_are_compared_one_by_one() -> None:  # C079
    def other(matrix: Item) -> Item:
        price, delay = matrix.rows
        return evolve(matrix, rows=(evolve(price, text=FrozenMap({"en": "Costs"})), evolve(delay, reverse=False)))

    assert told("aspects", other) == {
        "aspects/price": (Comparability.FLAGGED, (Difference.WORDS,)),
        "aspects/delay": (Comparability.BROKEN, (Difference.REVERSE,)),
    }
    assert told("aspects", lambda a: evolve(a, rows=a.rows[:1])) == {"aspects/delay": (Comparability.REMOVED, ())}


def test_a_row_about_another_service_is_another_question() -> None:  # C079
    def other(matrix: Item) -> Item:
        price, delay = matrix.rows
        return evolve(matrix, rows=(evolve(price, service="water"), delay))

    assert told("aspects", other) == {"aspects/price": (Comparability.BROKEN, (Difference.SERVICE,))}


def test_what_is_new_or_gone_has_no_trend() -> None:  # C079
    some = a_draft(*one_of_each()[:3])

    assert {each.key: each.verdict for each in compare(a_draft(), some) if each.key == "since"} == {"since": "removed"}
    for older, newer, verdict in ((a_draft(), some, "removed"), (some, a_draft(), "added")):
        (found,) = (each for each in compare(older, newer) if each.key == "since")
        assert found.verdict == verdict
        with pytest.raises(PolicyViolation, match="since is not in both"):
            check_comparable(older, newer, key="since")
    with pytest.raises(PolicyViolation, match="nobody is not in both"):
        check_comparable(a_draft(), a_draft(), key="nobody")


def test_words_in_a_language_that_one_version_lacks_are_no_difference() -> None:  # C079
    german = {"en": "Good?", "de": "Gut?"}
    older = surveys.edit(
        a_draft(surveys.item("a", "text", text={"en": "Good?"})), title=german, by="a", at=a_draft().drafted_at
    )
    newer = surveys.edit(
        older.after,
        languages=["en", "de"],
        items=[surveys.item("a", "text", text=german)],
        by="a",
        at=a_draft().drafted_at,
    )

    for first, second in ((older, newer), (newer, older)):
        assert [each.verdict for each in compare(first.after, second.after)] == [Comparability.SAME]
