"""What a store promises, as tests: subclass `StoreContract` and give it a `store`.

Every area is a class of its own. `StoreContract` holds those that every store must pass; a store that can do more adds
`Threads`, `Faults`, `Tampering` or `Joining`, each with the fixture that it names.
"""

from servicecrm.testing.contract.commands import Commands, Numbers
from servicecrm.testing.contract.filters import Filters, Terms
from servicecrm.testing.contract.history import History, RawJournal, Tampering
from servicecrm.testing.contract.hostile import Hostile
from servicecrm.testing.contract.joining import Host, Joining
from servicecrm.testing.contract.outbox import Outbox
from servicecrm.testing.contract.pages import Paging
from servicecrm.testing.contract.records import Locking, RoundTrip
from servicecrm.testing.contract.tenants import Tenants, Transfer
from servicecrm.testing.contract.units import Atomicity, Faults, Threads, Units

__all__ = ["Faults", "Host", "Joining", "RawJournal", "StoreContract", "Tampering", "Threads"]


class StoreContract(
    RoundTrip,
    Locking,
    Atomicity,
    Units,
    Paging,
    Filters,
    Terms,
    History,
    Outbox,
    Commands,
    Numbers,
    Tenants,
    Transfer,
    Hostile,
):
    """Proves a store. A subclass has a fixture `store`, which gives an open, empty store with the shipped kinds.

    Source: C122, C123.
    """
