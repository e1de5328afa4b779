"""A matrix of responsibilities has one who answers for each activity, and rights follow from it."""

import pickle
from html.parser import HTMLParser
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.complaints import LIFECYCLE
from servicecrm.errors import InvalidValue, NotPermitted, RuleError
from servicecrm.kernel.lifecycle import ANYONE, Lifecycle
from servicecrm.tracking import TEXTS, action_items
from servicecrm.tracking.responsibility import (
    SP3,
    Duty,
    Finding,
    Flaw,
    Part,
    Responsibilities,
    Role,
    from_lifecycle,
)
from servicecrm.tracking.rights import ByMatrix, permit

ROLES = ("clerk", "lead", "expert")
DUTIES = st.lists(
    st.builds(
        Duty,
        st.sampled_from(["answer", "check", "pay", "close"]),
        st.dictionaries(st.sampled_from([*ROLES, "stranger"]), st.sampled_from(Part)),
    ),
    unique_by=lambda duty: duty.activity,
)


def matrix(*duties: Duty) -> Responsibilities:
    return Responsibilities(duties=duties, roles=tuple(Role(name=name) for name in ROLES))


def flaws(found: tuple[Finding, ...]) -> list[tuple[str, str]]:
    return [(finding.where, finding.flaw.value) for finding in found]


# -- the matrix that is shipped ------------------------------------------------------------------


def test_the_shipped_matrix_has_the_six_rows_of_sp3_and_no_flaw() -> None:  # C005
    assert [duty.source for duty in SP3.duties] == ["SP3.1", "SP3.2", "SP3.3", "SP3.4", "SP3.5", "SP3.6"]
    assert all(duty.part("crm_manager") == "AR" for duty in SP3.duties)
    assert [duty.source for duty in SP3.duties if duty.part("customer") == "R"] == ["SP3.2", "SP3.5", "SP3.6"]
    assert [duty.source for duty in SP3.duties if duty.part("customer") is None] == ["SP3.1", "SP3.3", "SP3.4"]
    assert SP3.check() == ()


@pytest.mark.parametrize("duty", SP3.duties, ids=lambda duty: duty.source)
def test_an_a_that_is_deleted_is_one_finding(duty: Duty) -> None:  # C005
    without = attrs.evolve(duty, parts={**dict(duty.parts), "crm_manager": "R"})

    assert flaws(SP3.with_duties(without).check()) == [(duty.activity, "nobody_answers")]


def test_a_customer_has_exactly_one_manager() -> None:  # C005
    held = {"crm_manager": {"c-1": ["ann"], "c-2": [], "c-3": ["ann", "bob"], "c-4": ["ann", "ann"], "c-5": []}}

    assert SP3.check(held) == (
        Finding(flaw=Flaw.NO_HOLDER, where="crm_manager", who=("c-2", "c-5")),
        Finding(flaw=Flaw.SEVERAL_HOLDERS, where="crm_manager", who=("c-3",)),
    )
    assert SP3.check({"crm_manager": {"c-1": "ann"}}) == ()
    assert SP3.check({"customer": {"c-1": ["x", "y"]}}) == ()  # as many as there are
    assert flaws(SP3.check({"director": {"c-1": ["ann"]}})) == [("director", "unknown_role")]


# -- any matrix ----------------------------------------------------------------------------------


@given(DUTIES)
def test_every_flaw_of_a_row_is_found_and_nothing_else(duties: list[Duty]) -> None:  # C005
    expected = []
    for duty in duties:
        letters = "".join(part.value for _, part in duty.parts)
        expected += [(duty.activity, "nobody_answers")] * (letters.count("A") == 0)
        expected += [(duty.activity, "several_answer")] * (letters.count("A") > 1)
        expected += [(duty.activity, "nobody_does")] * (not {*letters} & {"A", "R"})
        expected += [(duty.activity, "unknown_role")] * ("stranger" in dict(duty.parts))

    assert flaws(matrix(*duties).check()) == expected


@given(DUTIES)
def test_who_does_it_or_answers_for_it_may_do_it(duties: list[Duty]) -> None:  # C005
    made = matrix(*duties)
    for role in (*ROLES, "stranger"):
        assert made.of(role) == {duty.activity: dict(duty.parts)[role] for duty in duties if role in dict(duty.parts)}
        for duty in duties:
            assert made.may(role, duty.activity) == (made.of(role).get(duty.activity) in ("R", "A", "AR"))


def test_what_anyone_does_anyone_may_do() -> None:  # C005
    made = matrix(Duty("ask", {ANYONE: "R", "lead": "A"}), Duty("hear", {ANYONE: "I", "lead": "AR"}))

    assert made.may("nobody in particular", "ask")
    assert not made.may("nobody in particular", "hear")


def test_an_activity_that_there_is_not_is_told_from_one_that_is_not_allowed() -> None:  # C005
    with pytest.raises(InvalidValue, match="it has: find_customers, settle_agreements"):
        SP3.may("customer", "find_customer")


@pytest.mark.parametrize("letters", ["", "X", "RA", "AC", "ar"])
def test_only_a_and_r_stand_together(letters: str) -> None:  # C005
    with pytest.raises(InvalidValue, match="R, A, C, I, AR"):
        Duty("pay", {"clerk": letters})


def test_a_row_can_be_changed_in_part() -> None:
    assert attrs.evolve(Duty("pay", {"clerk": "AR"}), source="P1") == Duty("pay", {"clerk": "AR"}, "P1")


def test_nothing_is_in_a_matrix_twice() -> None:
    with pytest.raises(InvalidValue, match="activities: there twice: pay"):
        matrix(Duty("pay", {}), Duty("pay", {}))
    with pytest.raises(InvalidValue, match="roles: there twice: clerk"):
        Responsibilities(duties=(), roles=(Role(name="clerk"), Role(name="clerk")))


def test_a_house_replaces_rows_and_adds_others() -> None:  # C005
    made = matrix(Duty("pay", {"lead": "AR"}), Duty("close", {"lead": "AR"}))
    changed = made.with_duties(
        Duty("pay", {"lead": "A", "boss": "R"}), Duty("ask", {"boss": "AR"}), roles=[Role(name="boss")]
    )

    assert [duty.activity for duty in changed.duties] == ["pay", "close", "ask"]
    assert changed.of("boss") == {"pay": "R", "ask": "AR"}
    assert changed.check() == ()


# -- from lifecycles -----------------------------------------------------------------------------


@pytest.mark.parametrize("lifecycle", [LIFECYCLE, action_items.LIFECYCLE], ids=lambda each: each.name)
def test_a_lifecycle_says_who_does_what(lifecycle: Lifecycle[Any]) -> None:  # C003, C005
    derived = from_lifecycle(lifecycle, accountable="boss")

    assert derived.check() == ()
    assert [duty.activity for duty in derived.duties] == [f"{lifecycle.name}.{action}" for action in lifecycle.actions]
    for row in lifecycle.rows():
        assert derived.may(row.role, f"{lifecycle.name}.{row.action}")


def test_the_role_of_a_move_answers_for_it_unless_another_does() -> None:  # C003, C005
    alone = from_lifecycle(LIFECYCLE)
    assert dict(alone.duties[0].parts) == {"handler": "AR"}
    assert {finding.flaw for finding in alone.check()} == {Flaw.NOBODY_ANSWERS}
    assert {finding.where for finding in alone.check()} == {f"complaint.{action}" for action in by_anyone()}

    led = from_lifecycle(LIFECYCLE, accountable="manager")
    assert dict(led.duties[0].parts) == {"handler": "R", "manager": "A"}
    assert led.of("manager")["complaint.assess"] == "AR"


def by_anyone() -> set[str]:
    return {row.action for row in LIFECYCLE.rows() if row.role == ANYONE}


def test_several_lifecycles_make_one_matrix() -> None:
    both = from_lifecycle(LIFECYCLE, action_items.LIFECYCLE)

    assert both.may("handler", "complaint.close")
    assert both.may("owner", "action_item.finish")


# -- rights --------------------------------------------------------------------------------------


@given(st.sets(st.sampled_from(["handler", "manager", "complainant", "cook"])), st.sampled_from(LIFECYCLE.actions))
def test_a_move_is_for_its_role_and_refused_to_others(roles: set[str], action: str) -> None:  # C005
    rights = ByMatrix(from_lifecycle(LIFECYCLE))
    own = {row.role for row in LIFECYCLE.rows() if row.action == action}
    if own & {*roles, ANYONE}:
        permit(rights, roles, lifecycle=LIFECYCLE, action=action)
        return
    with pytest.raises(NotPermitted) as refused:
        permit(rights, roles, lifecycle=LIFECYCLE, action=action)
    assert refused.value.roles == tuple(sorted(roles))
    assert action not in refused.value.allowed
    assert all(rights.may(roles, LIFECYCLE, each) for each in refused.value.allowed)
    assert by_anyone() <= set(refused.value.allowed)


def test_a_refusal_says_what_is_allowed_instead() -> None:  # C005
    rights = ByMatrix(from_lifecycle(action_items.LIFECYCLE))
    with pytest.raises(RuleError) as refused:
        permit(rights, {"verifier"}, lifecycle=action_items.LIFECYCLE, action="cancel")

    assert str(refused.value) == "action_item: cancel is not for verifier; allowed: verify, reopen"
    assert refused.value.code == "not_permitted"
    assert str(pickle.loads(pickle.dumps(refused.value))) == str(refused.value)
    with pytest.raises(NotPermitted, match="not for somebody without a role; allowed: nothing"):
        permit(rights, (), lifecycle=action_items.LIFECYCLE, action="cancel")


def test_what_the_matrix_does_not_have_nobody_may_do() -> None:  # C005
    rights = ByMatrix(SP3)

    assert not rights.may(["crm_manager"], LIFECYCLE, "close")
    opened = SP3.with_duties(Duty("complaint.close", {"crm_manager": "AR"}))
    assert ByMatrix(opened).may(["crm_manager"], LIFECYCLE, "close")


# -- showing -------------------------------------------------------------------------------------


def test_a_matrix_is_a_table_with_a_column_for_each_role() -> None:  # C005
    made = matrix(Duty("pay|out", {"clerk": "R", "lead": "A"}), Duty("<b>", {"expert": "C"}))

    assert str(made).splitlines()[1:] == [
        "| --- | --- | --- | --- |",
        "| pay&#124;out | R | A |  |",
        "| &lt;b&gt; |  |  | C |",
    ]
    assert str(made) == made.table()
    assert made.rows()[1] == ("pay|out", "R", "A", "")


def test_a_name_of_several_lines_does_not_break_the_table() -> None:
    assert str(matrix(Duty("pay\nout", {}))).splitlines()[2:] == ["| pay out |  |  |  |"]


def test_a_notebook_shows_the_same_table() -> None:
    made = matrix(Duty("pay|out", {"clerk": "R", "lead": "A"}), Duty("<b>", {"expert": "C"}))
    cells: list[str] = []

    class Cells(HTMLParser):
        def handle_data(self, data: str) -> None:
            cells.append(data.strip())

    Cells().feed(made._repr_html_())

    assert [cell for cell in cells if cell] == [cell for row in made.rows() for cell in row if cell]


def test_a_finding_says_what_is_wrong() -> None:
    made = matrix(Duty("pay", {"clerk": "AR", "lead": "A"}), Duty("ask", {"stranger": "C"}))

    assert [str(finding) for finding in made.check()] == [
        "pay: only one may answer for it (A), not clerk, lead",
        "ask: nobody answers for it (A)",
        "ask: nobody does it (R or A)",
        "ask: unknown role stranger",
    ]


# -- words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "de", "zh"])
def test_every_code_of_a_matrix_has_its_words(language: str) -> None:  # C005, C093
    keys = {f"duty.{duty.activity}" for duty in SP3.duties} | {f"duty.{role.name}" for role in SP3.roles}
    keys |= {f"part.{part.value}" for part in Part} | {f"flaw.{flaw.value}" for flaw in Flaw} | {"duty.activity"}

    assert {key for key in TEXTS.keys(language) if key.partition(".")[0] in ("duty", "part", "flaw")} == keys


def test_the_shipped_matrix_speaks_the_language_of_its_reader() -> None:  # C005, C093
    assert SP3.rows(language="de")[0] == ("Tätigkeit", "Kundenseite", "Kundenbetreuung")
    assert SP3.rows()[3] == ("handle complaints", "", "AR")
    ours = SP3.with_duties(Duty("feed_the_cat", {"crm_manager": "AR"}))
    assert ours.rows(language="zh")[-1] == ("feed_the_cat", "", "AR")


def test_a_finding_is_told_in_every_language() -> None:  # C005, C093
    found = Finding(flaw=Flaw.NO_HOLDER, where="crm_manager", who=("c-2",))
    assert found.words(language="en") == "customer relationship manager: nobody has the role for c-2"
    assert found.words(language="de") == "Kundenbetreuung: niemand hat die Rolle für c-2"
    for flaw in Flaw:
        one = Finding(flaw=flaw, where="pay", who=("clerk", "lead"))
        assert str(one) == one.words(language="en")
