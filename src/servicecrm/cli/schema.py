"""`servicecrm schema`: the form of stored documents, as JSON Schema."""

import json
from argparse import Namespace

from servicecrm.errors import InvalidValue
from servicecrm.interop import json_schema
from servicecrm.storage.kinds import SHIPPED, WITHOUT_HISTORY

__all__ = ["print_schema"]


def print_schema(args: Namespace) -> None:
    """Print the JSON Schema of the kind that the arguments name, or which kinds there are."""
    kinds = {kind.name: kind for kind in (*SHIPPED, *WITHOUT_HISTORY)}
    if args.kind is None:
        print("\n".join(sorted(kinds)))
    elif args.kind in kinds:
        print(json.dumps(json_schema.of_kind(kinds[args.kind]), indent=2, ensure_ascii=False))
    else:
        raise InvalidValue("KIND", f"there are no such documents; there are {', '.join(sorted(kinds))}")
