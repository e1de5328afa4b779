"""Other systems' files: bytes in, facts out."""

from servicecrm.interop.logs import Fact, RefusedRow, read_log
from servicecrm.interop.maps import LogMap, Vocabulary
from servicecrm.interop.vocabulary import COMPLAINT_WORDS

__all__ = ["COMPLAINT_WORDS", "Fact", "LogMap", "RefusedRow", "Vocabulary", "read_log"]
