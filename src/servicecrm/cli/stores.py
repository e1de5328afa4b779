"""The store that a command line names."""

from argparse import Namespace
from typing import Any

from servicecrm.desk.desk import Desk
from servicecrm.desk.opening import connect, is_url
from servicecrm.errors import StoreUnavailable

__all__ = ["opened"]


def opened(args: Namespace, **options: Any) -> Desk:
    """A desk on the store of `--store`, with the options that are for its kind.

    Raises:
        StoreUnavailable: an option is for another kind of store.
    """
    if is_url(args.store):
        options |= {"schema": args.schema, "tenants_apart": args.tenants_apart}
    elif args.schema is not None or args.tenants_apart:
        raise StoreUnavailable("--schema and --tenants-apart are for a store at postgresql://...")
    elif args.store != "memory:" and "writers" in args:
        options["writers"] = args.writers
    return connect(args.store, **options)
