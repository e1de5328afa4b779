"""Letters as files, for looking at them, or for another program that sends them."""

import os
from pathlib import Path
from tempfile import NamedTemporaryFile

from servicecrm.errors import InvalidValue
from servicecrm.notifications.delivery import Letter
from servicecrm.notifications.mail import Letterhead, as_mail

__all__ = ["FileSender"]


class FileSender:
    """Writes each letter into a folder, as a mail in a file `.eml`. The same letter again replaces its file.

    A file is there whole or not at all, also after a power failure, and only its owner can read it.

    Raises:
        InvalidValue: there is no such folder.
    """

    def __init__(self, folder: str | Path, letterhead: Letterhead) -> None:
        self._folder = Path(folder)
        if not self._folder.is_dir():
            raise InvalidValue("folder", f"there is no folder {folder}; make it first")
        self._letterhead = letterhead

    def send(self, letter: Letter) -> None:
        """Write a letter.

        Raises:
            OSError: the folder is gone, or cannot be written to.
        """
        content = as_mail(letter, self._letterhead)
        with NamedTemporaryFile(dir=self._folder, prefix=".", suffix=".tmp", delete=False) as file:
            try:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
                file.close()
                os.replace(file.name, self._folder / f"{letter.id}.eml")
            except BaseException:
                file.close()
                os.unlink(file.name)
                raise
