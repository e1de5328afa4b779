"""When a notice cannot be delivered, whoever has its record hears of it."""  # C094

import servicecrm
from servicecrm.notifications import Undeliverable
from servicecrm.storage.ports import Delivery
from servicecrm.testing import FixedClock, SeededIds


def test_the_handler_is_told_that_the_requester_could_not_be() -> None:
    clock = FixedClock()
    house = servicecrm.House()
    with servicecrm.connect("memory:", actor="office", clock=clock, ids=SeededIds(), house=house) as crm:
        case = crm.cases.open(subject="No water", channel="phone", requester="citizen-7")
        crm.cases.route(case.id, "water", handler="wanda")

        def nobody_is_there(delivery: Delivery) -> None:
            raise Undeliverable(delivery.notice.key, "there is no address")

        servicecrm.Worker(crm, nobody_is_there).turn()
        told = [(notice.recipient, notice.topic) for notice in crm.outbox.pending()]
        assert told == [("wanda", "undelivered")]  # and not that she could not be told herself

        servicecrm.Worker(crm, nobody_is_there).turn()
        assert len(crm.outbox.pending()) == 0  # that this could not be told is told to nobody
        assert crm.outbox.counts().failed == 3
