"""`servicecrm deliver`: hands the notices of the outbox to a mail server, or puts them into a folder."""

import contextlib
import os
from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Iterator
from errno import ENOENT
from pathlib import Path

from servicecrm.cli.people import read_people
from servicecrm.cli.rounds import kept, rounds
from servicecrm.desk.desk import Desk
from servicecrm.desk.worker import Worker
from servicecrm.errors import InvalidValue
from servicecrm.kernel.notices import Notice
from servicecrm.notifications import Deliverer, FileSender, Sender, SMTPSender
from servicecrm.storage.ports import Delivery

__all__ = ["deliver_notices"]


def deliver_notices(args: Namespace) -> None:
    """Deliver what waits in the store that the arguments name, and print how much that was."""
    people = read_people(Path(args.people))
    with _sender(args) as sender, kept(args) as desk:
        post = _Post(desk, Deliverer(sender, people, clock=desk.clock))
        rounds(post.turn, every=args.every, stop=post.worker.stop)


@contextlib.contextmanager
def _sender(args: Namespace) -> Iterator[Sender]:
    if args.folder is not None:
        if not Path(args.folder).is_dir():  # told now, not once for each letter
            raise FileNotFoundError(ENOENT, "there is no such folder for the letters", args.folder)
        yield FileSender(args.folder, args.letterhead)
        return
    host, port = args.smtp
    login = None if args.login_env is None else _login(args.login_env)
    with SMTPSender(
        host,
        args.letterhead,
        port=port,
        security=args.security,
        login=None if login is None else lambda: login,
    ) as sender:
        yield sender


def _login(variable: str) -> tuple[str, str]:
    user, _, password = os.environ.get(variable, "").partition(":")
    if not (user and password):  # the name is not shown: somebody may have given the password itself
        raise InvalidValue("--login-env", "name a variable of the environment that holds user:password")
    return user, password


class _Post:
    """A worker that tells what became of the notices."""

    def __init__(self, desk: Desk, deliver: Callable[[Delivery], object]) -> None:
        self._hand_over = deliver
        self._tried, self._delivered, self._dead = Counter[str](), Counter[str](), Counter[str]()
        self.worker = Worker(desk, self._deliver, failed=self._given_up)

    def turn(self) -> None:
        """Try whatever waits, and print a line for each tenant where something did."""
        for counter in (self._tried, self._delivered, self._dead):
            counter.clear()
        try:
            self.worker.drain()
        finally:  # what is settled is told, also if the store is away by now
            for tenant in sorted(self._tried):
                print(f"{tenant}: {self._line(tenant)}")

    def _deliver(self, delivery: Delivery) -> None:
        self._tried[delivery.tenant] += 1
        self._hand_over(delivery)
        self._delivered[delivery.tenant] += 1

    def _given_up(self, delivery: Delivery) -> tuple[Notice, ...]:
        self._dead[delivery.tenant] += 1
        return ()

    def _line(self, tenant: str) -> str:
        delivered, dead = self._delivered[tenant], self._dead[tenant]
        counts = {
            "delivered": delivered,
            "to be tried again": self._tried[tenant] - delivered - dead,
            "given up": dead,
        }
        return ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)
