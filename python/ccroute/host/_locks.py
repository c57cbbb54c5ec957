"""Files that one host at a time holds: of this process, or of any other."""

import fcntl
import os
from pathlib import Path


class FileLock:
    """An empty file, held until it is given back or the process dies; the file stays."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._process = 0

    def take(self) -> bool:
        """Whether it is ours, now or already; if not, another has it.

        Raises:
            OSError: there can be no such file.
        """
        if self._file is not None:
            return True
        # A pipe would have to wait for who reads it.
        flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
        file = os.open(self._path, flags, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        except OSError:
            os.close(file)
            raise
        self._file, self._process = file, os.getpid()
        return True

    def give_back(self) -> None:
        """Lets others have it. Twice is as good as once."""
        if self._file is None:
            return
        file, self._file = self._file, None
        if self._process == os.getpid():
            # Children that were forked have the file open too; in one of them it is not theirs.
            fcntl.flock(file, fcntl.LOCK_UN)
        os.close(file)
