"""What can go wrong, and who can do something about it.

```text
ServiceCRMError
├── RuleError                    a person can act
│   ├── TransitionNotAllowed     this action does not start from this state
│   ├── GuardNotMet              something is missing first
│   ├── NotPermitted             the action is for others
│   ├── PolicyViolation          the house rules say no
│   ├── NoBusinessTime           the calendar has no open time where it was looked for
│   └── InvalidValue             a value has not the shape that its field needs (also ValueError)
│       └── NaiveDatetime        a time without a zone
├── StoreError                   an operator can act
│   ├── StaleRevision            somebody saved the record in between
│   ├── NotFound                 no such record for this tenant (also LookupError)
│   ├── AlreadyExists            the id or the number is taken
│   ├── StoreBusy                others hold the store; try again
│   ├── StoreUnavailable         the file or server cannot be used
│   │   └── ReadOnlyStore        it was opened for reading only
│   ├── CommitOutcomeUnknown     COMMIT failed: repeat the same command to learn the outcome
│   ├── IdempotencyMismatch      the command id was used for something else
│   ├── SchemaTooNew             a newer version of servicecrm wrote this store
│   ├── SchemaTooOld             the store waits for a migration
│   ├── BrokenJournal            stored history does not fit its hashes
│   ├── NoTransaction            `join` needs a transaction that the host has begun
│   └── ForkedStoreError         opened in another process
├── DocumentError                a sender can act
│   ├── MalformedDocument        all problems at once, each with its path
│   └── ImportProblem            a row and a column of a file
└── MissingExtra                 an optional dependency is not installed (also ImportError)
```

Every error has a stable `code` and typed attributes. Its text says what happened and what is allowed
instead, and names ids, never personal values.
"""

from __future__ import annotations

from typing import ClassVar

__all__ = [
    "AlreadyExists",
    "BrokenJournal",
    "CommitOutcomeUnknown",
    "DocumentError",
    "ForkedStoreError",
    "GuardNotMet",
    "IdempotencyMismatch",
    "ImportProblem",
    "InvalidValue",
    "MalformedDocument",
    "MissingExtra",
    "NaiveDatetime",
    "NoBusinessTime",
    "NoTransaction",
    "NotFound",
    "NotPermitted",
    "PolicyViolation",
    "ReadOnlyStore",
    "RuleError",
    "SchemaTooNew",
    "SchemaTooOld",
    "ServiceCRMError",
    "StaleRevision",
    "StoreBusy",
    "StoreError",
    "StoreUnavailable",
    "TransitionNotAllowed",
]


class ServiceCRMError(Exception):
    """The root of every error that this library raises on purpose."""

    code: ClassVar[str] = "error"

    def __reduce__(self) -> tuple[object, ...]:
        # As it is, whatever its arguments were: an error crosses from one process to another.
        return _again, (type(self), self.args, self.__dict__)


def _again(cls: type[ServiceCRMError], args: tuple[object, ...], attributes: dict[str, object]) -> ServiceCRMError:
    error = cls.__new__(cls, *args)
    error.__dict__.update(attributes)
    return error


# -- a person can act ----------------------------------------------------------------------------


class RuleError(ServiceCRMError):
    """The process does not allow this; a person can do something else."""

    code = "rule"


class TransitionNotAllowed(RuleError):
    """This action does not start from this state."""

    code = "transition_not_allowed"

    def __init__(self, lifecycle: str, action: str, state: str, allowed: tuple[str, ...]) -> None:
        self.lifecycle = lifecycle
        self.action = action
        self.state = state
        self.allowed = allowed
        options = ", ".join(allowed) or "nothing, the state is final"
        super().__init__(f"{lifecycle}: cannot {action} while {state}; allowed: {options}")


class GuardNotMet(RuleError):
    """The action would be allowed, but something has to be there first: every unmet sentence."""

    code = "guard_not_met"

    def __init__(self, lifecycle: str, action: str, guards: tuple[str, ...], unmet: tuple[str, ...]) -> None:
        self.lifecycle = lifecycle
        self.action = action
        self.guards = guards
        self.unmet = unmet
        super().__init__(f"{lifecycle}: cannot {action} yet; needed first: {'; '.join(unmet)}")


class NotPermitted(RuleError):
    """The action is for others, not for the roles of whoever wants to take it."""

    code = "not_permitted"

    def __init__(self, lifecycle: str, action: str, roles: tuple[str, ...], allowed: tuple[str, ...]) -> None:
        self.lifecycle = lifecycle
        self.action = action
        self.roles = roles
        self.allowed = allowed
        who = ", ".join(roles) or "somebody without a role"
        options = ", ".join(allowed) or "nothing"
        super().__init__(f"{lifecycle}: {action} is not for {who}; allowed: {options}")


class PolicyViolation(RuleError):
    """The house rules in force say no."""

    code = "policy_violation"

    def __init__(self, rule: str, says: str) -> None:
        self.rule = rule
        self.says = says
        super().__init__(f"{rule}: {says}")


class NoBusinessTime(RuleError):
    """The calendar has no open time where it was looked for."""

    code = "no_business_time"

    def __init__(self, calendar: str, says: str) -> None:
        self.calendar = calendar
        self.says = says
        super().__init__(f"calendar {calendar}: {says}")


class InvalidValue(RuleError, ValueError):
    """A value has not the shape that its field needs. The value itself is never shown."""

    code = "invalid_value"

    def __init__(self, where: str, says: str) -> None:
        self.where = where
        self.says = says
        super().__init__(f"{where}: {says}")


class NaiveDatetime(InvalidValue):
    """A time without a zone."""

    code = "naive_datetime"

    def __init__(self, where: str) -> None:
        super().__init__(where, "a time needs a zone, such as datetime(..., tzinfo=UTC)")


# -- an operator can act -------------------------------------------------------------------------


class StoreError(ServiceCRMError):
    """The store could not do it; nothing of the unit was saved unless the error says otherwise."""

    code = "store"
    retryable: ClassVar[bool] = False


class StaleRevision(StoreError):
    """Somebody saved the record in between: load it again and repeat."""

    code = "stale_revision"

    def __init__(self, kind: str, id: str, expected: int, actual: int | None) -> None:
        self.kind = kind
        self.id = id
        self.expected = expected
        self.actual = actual
        found = "the store has none" if actual is None else f"the store has revision {actual}"
        if actual == expected:
            found = "the store has another one of that number"
        super().__init__(f"{kind} {id}: the change is based on revision {expected}, {found}; load it again and repeat")


class NotFound(StoreError, LookupError):
    """No such record for this tenant. The `id` is empty where the record was looked for by a secret."""

    code = "not_found"

    def __init__(self, kind: str, id: str = "", *, says: str | None = None) -> None:
        self.kind = kind
        self.id = id
        super().__init__(f"no {kind} with the id or number {id!r}" if says is None else says)


class AlreadyExists(StoreError):
    """The id or the human number is taken."""

    code = "already_exists"

    def __init__(self, kind: str, id: str) -> None:
        self.kind = kind
        self.id = id
        super().__init__(f"{kind} {id}: the id or the number is taken; choose another")


class StoreBusy(StoreError):
    """Others held the store until the deadline; the same call may succeed later."""

    code = "store_busy"
    retryable = True

    def __init__(self, says: str = "others hold the store; try again") -> None:
        super().__init__(says)


class StoreUnavailable(StoreError):
    """The file or server cannot be used as a store."""

    code = "store_unavailable"

    def __init__(self, says: str) -> None:
        super().__init__(says)


class ReadOnlyStore(StoreUnavailable):
    """The store was opened for reading only."""

    code = "read_only_store"

    def __init__(self) -> None:
        super().__init__("the store was opened for reading only; open it without readonly=True to write")


class CommitOutcomeUnknown(StoreError):
    """COMMIT itself failed: the unit may be saved or not. Repeat it with the same command to find out."""

    code = "commit_outcome_unknown"

    def __init__(self, says: str = "") -> None:
        super().__init__(
            f"the outcome of COMMIT is unknown{says and f' ({says})'}; "
            "repeat the same command: it is saved at most once"
        )


class IdempotencyMismatch(StoreError):
    """The command id was used before, for something else."""

    code = "idempotency_mismatch"

    def __init__(self, command: str) -> None:
        self.command = command
        super().__init__(f"command {command!r} was used before with other arguments; use a new id for a new command")


class SchemaTooNew(StoreError):
    """A newer version of servicecrm wrote this."""

    code = "schema_too_new"

    def __init__(self, what: str, found: int, known: int) -> None:
        self.what = what
        self.found = found
        self.known = known
        super().__init__(f"{what} has version {found}, this servicecrm knows up to {known}; install a newer servicecrm")


class SchemaTooOld(StoreError):
    """The store waits for a migration."""

    code = "schema_too_old"

    def __init__(self, found: int, known: int) -> None:
        self.found = found
        self.known = known
        super().__init__(
            f"the store has version {found}, this servicecrm needs version {known}; "
            "back it up with the version that made it, then open it with migrate=True"
            if found
            else "the tables of servicecrm are missing, so there is no store there; "
            "open it for writing with migrate=True, or call install(), to make one"
        )


class BrokenJournal(StoreError):
    """Stored history does not fit its hashes.

    `breaks` holds the first break, or the first one of each tenant where several were looked at.
    """

    code = "broken_journal"

    def __init__(self, *breaks: str) -> None:
        self.breaks = breaks
        super().__init__("; ".join(breaks))


class NoTransaction(StoreError):
    """Work on a host's connection needs a transaction that the host has begun."""

    code = "no_transaction"

    def __init__(self) -> None:
        super().__init__("to work on your connection, begin a transaction on it first, and commit it yourself")


class ForkedStoreError(StoreError):
    """The store was opened in another process."""

    code = "forked_store"

    def __init__(self, opened_by: int, used_by: int) -> None:
        self.opened_by = opened_by
        self.used_by = used_by
        super().__init__(
            f"this store was opened in process {opened_by} and is used in {used_by}; open it again after a fork"
        )


# -- a sender can act ----------------------------------------------------------------------------


class DocumentError(ServiceCRMError):
    """Input from outside cannot be taken as it is."""

    code = "document"


class MalformedDocument(DocumentError):
    """A document does not have the shape of its kind: every problem, with its path.

    The `id` is that of a record in a store; a document from elsewhere has none.
    """

    code = "malformed_document"

    def __init__(self, kind: str, problems: tuple[str, ...], *, id: str | None = None) -> None:
        self.kind = kind
        self.problems = problems
        self.id = id
        which = kind if id is None else f"{kind} {id}"
        super().__init__(f"malformed {which}: {'; '.join(problems)}")


class ImportProblem(DocumentError):
    """Something in a file cannot be taken; `row` and `column` say where, as far as known."""

    code = "import_problem"

    def __init__(self, says: str, *, row: int | None = None, column: str | None = None) -> None:
        self.says = says
        self.row = row
        self.column = column
        place = [f"row {row}"] if row is not None else []
        place += [f"column {column!r}"] if column is not None else []
        super().__init__(f"{', '.join(place)}: {says}" if place else says)


class MissingExtra(ServiceCRMError, ImportError):
    """An optional dependency is not installed."""

    code = "missing_extra"

    def __init__(self, what: str, extra: str, *, ours: bool = True) -> None:
        self.extra = extra
        needs = f'an extra: pip install "servicecrm[{extra}]"' if ours else f"a library: pip install {extra}"
        super().__init__(f"{what} needs {needs}")
