"""Lists of somebody's work are there for what somebody has, and say what there is instead for everything else."""

import pytest

from servicecrm.desk import Desk
from servicecrm.errors import InvalidValue
from tests.desk.calling import REGISTERS

NOBODYS = {"evaluations", "invitations", "portfolio_snapshots", "questionnaires", "responses"}


@pytest.fixture
def kind() -> str:
    """One kind of store, as no store is asked."""
    return "memory"


@pytest.mark.parametrize("part", sorted(NOBODYS))
def test_what_is_nobodys_work_has_no_worklist_and_says_how_it_is_found(crm: Desk, part: str) -> None:
    with pytest.raises(InvalidValue, match=r"have no handler; use find\(\)"):
        getattr(crm, part).worklist("ann")


@pytest.mark.parametrize("part", sorted(REGISTERS.keys() - NOBODYS))
def test_all_else_is_somebodys_work(crm: Desk, part: str) -> None:
    assert getattr(crm, part).worklist("ann").items == ()
