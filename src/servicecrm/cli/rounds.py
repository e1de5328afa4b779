"""Work that is done again and again in the background, until somebody ends it."""

import contextlib
import logging
import select
import signal
import socket
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from servicecrm.cli.stores import opened
from servicecrm.desk.desk import Desk
from servicecrm.desk.opening import is_url
from servicecrm.errors import ServiceCRMError, StoreUnavailable

__all__ = ["kept", "rounds"]

ENDING: Final = (signal.SIGINT, signal.SIGTERM)


def kept(args: Namespace, **options: Any) -> Desk:
    """A desk of the library's own on the store of `--store`, which has to be there: a wrong name makes no new one.

    Raises:
        StoreUnavailable: there is no such store, or it cannot be opened.
    """
    if args.store == "memory:":
        raise StoreUnavailable("a store in memory begins empty and is gone at the end; name one that is kept")
    if not is_url(args.store) and not Path(args.store).exists():
        raise StoreUnavailable(f"there is no file {Path(args.store).name}")
    return opened(args, actor="servicecrm", **options)


def rounds(turn: Callable[[], object], *, every: timedelta | None, stop: Callable[[], object]) -> None:
    """Take turns until a signal asks for the end, with a pause between them; only one turn without a pause.

    `stop` is called by the signal, so that a turn can end before it is through; a second signal does not wait for that.
    A turn that fails, such as while the store is away, is told; the next one does what it has not.
    """
    with _warnings_shown():
        if every is None:
            turn()
            return
        with _ending(stop) as ended:
            while True:
                try:
                    turn()
                except ServiceCRMError as error:
                    print(f"servicecrm: {error}; another try follows", file=sys.stderr, flush=True)
                sys.stdout.flush()
                if ended(every):
                    return


@contextlib.contextmanager
def _ending(stop: Callable[[], object]) -> Iterator[Callable[[timedelta], bool]]:
    """Gives what waits for so long, or until a signal comes, and tells whether one has."""
    here, there = socket.socketpair()
    before = {number: signal.getsignal(number) for number in ENDING}

    def end(*_: object) -> None:
        # A lock could be held already by whatever the signal has interrupted; to send a byte takes none.
        there.send(b"\0")
        stop()
        restore()

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def ended(pause: timedelta) -> bool:
        return bool(select.select([here], [], [], pause.total_seconds())[0])

    with here, there:
        for number in ENDING:
            signal.signal(number, end)
        try:
            yield ended
        finally:
            restore()


@contextlib.contextmanager
def _warnings_shown() -> Iterator[None]:
    """Lets the library's warnings be read, each on a line of its own; they hold no personal data."""
    logger, handler = logging.getLogger("servicecrm"), logging.StreamHandler()
    handler.setFormatter(logging.Formatter("servicecrm: %(message)s"))
    handler.setLevel(logging.WARNING)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
