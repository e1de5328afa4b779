"""Two parties, one content: who has signed what, and is it still what they have signed?

A signature names a digest of the content. Whatever changes of the content changes the digest, so that no signature
counts any more.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Any

import attrs

from servicecrm.errors import PolicyViolation
from servicecrm.kernel.documents import dump_fields
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import filled

__all__ = ["Signature", "signed_digest", "unsigned", "with_signature"]


@record
class Signature:
    """That a party stands by a content, which `digest` names. `signer` is the id of whoever signed for it."""

    party: str = attrs.field(validator=filled)
    signer: str = attrs.field(validator=filled)
    place: Personal[str] | None = attrs.field(default=None, validator=filled)
    at: datetime
    digest: str


def signed_digest(of: object, fields: Iterable[str]) -> str:
    """The SHA-256 of these fields of a record. What is empty is left out, so that it outlasts fields that come later.

    Personal data that are to be erased one day do not belong in what is signed: without them it is another content.

    Source: C029.
    """
    content = dump_fields(type(of), {name: getattr(of, name) for name in fields})
    text = json.dumps(_told(content), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def with_signature(signatures: tuple[Signature, ...], new: Signature, *, digest: str) -> tuple[Signature, ...]:
    """The signatures of this content and a new one, which takes the place of an earlier one of the same party.

    Raises:
        PolicyViolation: another content was signed than the present one, which `digest` names.

    Source: C029.
    """
    if new.digest != digest:
        raise PolicyViolation(
            "signature", "what was signed is not what it says now; show the present content, and sign"
        )
    return *(each for each in signatures if each.party != new.party and each.digest == digest), new


def unsigned(signatures: Iterable[Signature], parties: Iterable[str], *, digest: str) -> tuple[str, ...]:
    """The parties that have not signed this content.

    Source: C029.
    """
    signed = {each.party for each in signatures if each.digest == digest}
    return tuple(party for party in parties if party not in signed)


def _told(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _told(inner) for name, inner in value.items() if not _is_empty(inner)}
    return [_told(inner) for inner in value] if isinstance(value, list) else value


def _is_empty(value: Any) -> bool:
    return value is None or value is False or value in ("", [], {})
