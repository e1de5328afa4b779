"""When may an action item move, and who may move it?

To be late is no state: it follows from the due date and the time.
"""

from typing import Final

from servicecrm.kernel.decisions import Actor
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.lifecycle import STAY, Guard, Lifecycle, Move
from servicecrm.tracking.action_model import ActionItem

__all__ = ["LIFECYCLE"]

OPEN: Final = "open"
IN_PROGRESS: Final = "in_progress"
DONE: Final = "done"
VERIFIED: Final = "verified"
CANCELLED: Final = "cancelled"

TO_DO: Final = (OPEN, IN_PROGRESS)

TAKE_UP: Final = "take_up"
REASSIGN: Final = "reassign"
POSTPONE: Final = "postpone"
FINISH: Final = "finish"
VERIFY: Final = "verify"
REOPEN: Final = "reopen"
CANCEL: Final = "cancel"

OWNER: Final = "owner"
MANAGER: Final = "manager"
VERIFIER: Final = "verifier"


def _people(*actors: Actor | None) -> set[str | None]:
    return {id for actor in actors if actor is not None for id in (actor.id, actor.on_behalf_of)} - {None}


OTHER_OWNER: Final = Guard[ActionItem](
    "other_owner",
    "the new owner is another one than the present one",
    lambda before, after: before.owner != after.owner,
)
LATER: Final = Guard[ActionItem](
    "later",
    "the new due date is later than the present one",
    lambda before, after: micros(after.due_at) > micros(before.due_at),
)
EVIDENCE_GIVEN: Final = Guard[ActionItem](
    "evidence_given",
    "there is evidence that it was done: a text or an attachment",
    lambda _, after: after.evidence is not None or bool(after.attachments),
)
OTHER_PERSON: Final = Guard[ActionItem](
    "other_person",
    "it is verified by somebody else than its owner and than who did it",
    lambda _, after: not _people(after.verified_by) & {after.owner, *_people(after.done_by)},
)

LIFECYCLE: Final = Lifecycle[ActionItem](
    "action_item",
    initial=OPEN,
    moves=(
        #    action    from   to           who       guards
        Move(TAKE_UP,  OPEN,  IN_PROGRESS, OWNER),
        Move(FINISH,   TO_DO, DONE,        OWNER,    (EVIDENCE_GIVEN,)),
        Move(VERIFY,   DONE,  VERIFIED,    VERIFIER, (OTHER_PERSON,), demands=("effect",)),
        Move(REOPEN,   DONE,  IN_PROGRESS, VERIFIER),
        Move(CANCEL,   TO_DO, CANCELLED,   MANAGER),
        Move(REASSIGN, TO_DO, STAY,        MANAGER,  (OTHER_OWNER,)),
        Move(POSTPONE, TO_DO, STAY,        MANAGER,  (LATER,)),
    ),
    resting={DONE},
    final={VERIFIED, CANCELLED},
)  # fmt: skip
"""The lifecycle of an action item: open, in progress, done, verified; or cancelled.

What is done rests until somebody else has looked whether it worked, and is taken up again if it did not.

Source: C006, C053.
"""
