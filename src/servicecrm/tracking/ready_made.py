"""The timers that most houses have, ready-made: say how long each may take."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from servicecrm.errors import InvalidValue
from servicecrm.kernel.records import evolve
from servicecrm.tracking.conditions import On, on
from servicecrm.tracking.targets import Target

__all__ = ["USUAL", "usual"]

NOT_OURS: Final = ("customer", "third_party", "scheduled", "")
"""For whom or what one waits while one's own clock stands still; an unnamed wait among them."""

_FROM_THEM: Final = on("message", "contact", side="outside")
_TO_THEM: Final = on("message", side="inside") + on("answered") + on("contact", codes=("reached",))
_WAITS: Final[Mapping[str, tuple[On, ...]]] = {
    "pause": on("waiting", codes=NOT_OURS),
    "resume": on("resumed", codes=NOT_OURS) + on("waiting", codes=("internal", "approval")),
}

USUAL: Final[Mapping[str, Mapping[str, Any]]] = {
    "acknowledge": {"start": on("received"), "stop": on("acknowledged", "accepted")},
    "accept": {
        "start": on("assigned", "forwarded", "routed"),
        "stop": on("accepted"),
        "reset": on("forwarded"),
        "cancel": on("handed_back"),
        "each": True,
    },
    "first_response": {"start": on("received"), "stop": _TO_THEM},
    "next_response": {"start": _FROM_THEM, "stop": _TO_THEM, "each": True},
    "periodic_update": {
        "start": on("received", "reopened", "update_given") + on("message", side="inside"),
        "stop": _TO_THEM + on("update_given"),
        "each": True,
        **_WAITS,
    },
    "resolution": {"start": on("received", "reopened"), "stop": on("answered", "closed"), "each": True, **_WAITS},
    "final_response": {"start": on("received", "reopened"), "stop": on("answered"), "each": True},
    "stage": {"start": on("stage"), "stop": on("answered", "closed"), "reset": on("stage"), "each": True, **_WAITS},
    "action_due": {"start": on("opened", "reopened"), "stop": on("done"), "cancel": on("cancelled"), "each": True},
    "demanded_update": {"start": on("update_requested"), "stop": on("update_given"), "each": True},
}
"""What begins, fulfils and halts each of them."""


def usual(name: str, within: str | None = None, *, kinds: Collection[str] = (), **changes: object) -> Target:
    """One of the usual targets: `usual("acknowledge", "4h business")`, with any field as you need it.

    `kinds` are the kinds of moments that the record has; conditions on others are left out.

    Raises:
        InvalidValue: there is no usual target of this name, or what is left neither starts nor stops it.

    Source: C036.
    """
    if name not in USUAL:
        raise InvalidValue("usual", f"there is no usual target of this name; there are {', '.join(USUAL)}")
    fields = {field: _known(value, kinds) for field, value in USUAL[name].items()}
    if kinds and not fields.get("pause", ()):
        fields.pop("resume", None)
    return evolve(Target(name=name, within=within, **fields), **changes)


def _known(value: Any, kinds: Collection[str]) -> Any:
    if not kinds or not isinstance(value, tuple):
        return value
    return tuple(condition for condition in value if condition.kind in kinds)
