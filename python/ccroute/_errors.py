"""The exceptions of ccroute: one tree, raised by the engine and by everything above it.

Every message names the value and the remedy. A refusal changes nothing.
"""


class CcrouteError(Exception):
    """Whatever ccroute raises on purpose."""


class ConfigError(CcrouteError):
    """A setting, plan or saved state that could never be valid.

    ``path`` is the file it came from and ``line`` the line in it, from 1; ``None`` where
    there was no file or no text. ``message`` is the text without either.
    """

    def __init__(self, message: str, line: int | None = None, path: str | None = None) -> None:
        super().__init__(message, line, path)
        self.message = message
        self.line = line
        self.path = path

    def __str__(self) -> str:
        match self.path, self.line:
            case None, None:
                return self.message
            case None, line:
                return f"line {line}: {self.message}"
            case path, None:
                return f"{path}: {self.message}"
            case path, line:
                # Further problems stand on lines of their own, as the first one does.
                return f"{path}:{line}: " + self.message.replace("\nline ", f"\n{path}:")


class Rejected(CcrouteError):
    """The engine's state says no, now. Nothing was changed.

    ``code`` is one word for machines, e.g. ``"offer_ended"``; the message is for people.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)  # as given, for pickle and copy
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return self.message


class DataUnavailable(CcrouteError):
    """The answer needs data that are no longer, or were never, kept."""


class AdapterError(CcrouteError):
    """A platform or its recording cannot be used as asked."""


class LinkError(AdapterError):
    """A platform cannot be reached or asked now; later it may."""


class EngineBroken(CcrouteError):
    """A defect of ccroute: this object must be dropped and restored from a snapshot."""
