"""Files that one host at a time holds: of this process, or of any other."""

import fcntl
import os
from pathlib import Path


def lock_of(path: Path) -> Path:
    """The file that keeps another for one host."""
    return path.parent / f"{path.name}.lock"


class FileLock:
    """An empty file, held until it is given back or the process dies; the file stays."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._process = 0

    @property
    def is_ours(self) -> bool:
        """Whether this process took it, and has it still: a child that was forked has it open, and
        it is not the child's."""
        return self._file is not None and self._process == os.getpid()

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
        if self.is_ours:
            fcntl.flock(self._file, fcntl.LOCK_UN)  # closing it would leave it to the children
        os.close(self._file)
        self._file = None
