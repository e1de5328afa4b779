"""Secrets with which people look up how their own matter stands, without an account."""

from base64 import urlsafe_b64encode
from hmac import compare_digest, digest
from typing import Any, Final

import attrs

from servicecrm.cases.lifecycle import LIFECYCLE as CASES
from servicecrm.cases.model import Case
from servicecrm.complaints.lifecycle import LIFECYCLE as COMPLAINTS
from servicecrm.complaints.model import Complaint
from servicecrm.errors import InvalidValue

__all__ = ["StatusKey", "kind_of"]

_KEY: Final = 32
"""How many bytes a key has at least."""

_SECRET: Final = 16
"""How many bytes of the code a secret has: 128 bits, which are 22 characters."""


def kind_of(record: Complaint | Case) -> str:
    """What a record is called: `complaint` or `case`."""
    return COMPLAINTS.name if isinstance(record, Complaint) else CASES.name


def _long_enough(_of: Any, _attribute: Any, value: Any) -> None:
    if not isinstance(value, bytes) or len(value) < _KEY:
        raise InvalidValue("StatusKey.key", f"expected {_KEY} bytes or more, such as secrets.token_bytes({_KEY})")


@attrs.frozen
class StatusKey:
    """A key of the house that makes the secret of each record, so that none has to be stored.

    Whoever has the key can make all secrets: keep it as you keep a password, and give each tenant one of its own. With
    another key all secrets are others.

    Raises:
        InvalidValue: the key has fewer than 32 bytes.

    Source: C052; RFC 2104.
    """

    key: bytes = attrs.field(repr=False, validator=_long_enough)

    def secret_for(self, record: Complaint | Case) -> str:
        """The secret of a record, fit for an address: what its complainant or requester is told with the number."""
        return self._secret(kind_of(record), record.id)

    def opens(self, record: Complaint | Case | None, secret: str | None) -> bool:
        """Is it the secret of this record? It takes as long to find out that there is no record."""
        return self.opens_id("", "", secret) if record is None else self.opens_id(kind_of(record), record.id, secret)

    def opens_id(self, kind: str, id: str, secret: str | None) -> bool:
        """Is it the secret of the record of this kind with this id? Without an id it is that of none.

        Raises:
            InvalidValue: the secret is no text.
        """
        if secret is not None and not isinstance(secret, str):
            raise InvalidValue("secret", "expected a text")
        # As bytes, because only these may hold any character.
        same = compare_digest(self._secret(kind, id).encode(), (secret or "").encode("utf-8", "surrogatepass"))
        return same and bool(id)

    def _secret(self, kind: str, id: str) -> str:
        # No kind holds a NUL, so that it is clear where the kind ends and the id begins.
        code = digest(self.key, f"status\0{kind}\0{id}".encode("utf-8", "surrogatepass"), "sha256")
        return urlsafe_b64encode(code[:_SECRET]).rstrip(b"=").decode()
