"""The exceptions of ccroute: one tree, raised by the engine and by everything above it.

Every message names the value and the remedy. A refusal changes nothing.
"""


class CcrouteError(Exception):
    """Whatever ccroute raises on purpose."""


class ConfigError(CcrouteError):
    """A setting, plan or saved state that could never be valid.

    ``line`` is the line in the text it came from, from 1, or ``None``.
    """

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message if line is None else f"line {line}: {message}")
        self.line = line


class Rejected(CcrouteError):
    """The engine's state says no, now. Nothing was changed.

    ``code`` is one word for machines, e.g. ``"offer_ended"``; the message is for people.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class DataUnavailable(CcrouteError):
    """The answer needs data that are no longer, or were never, kept."""


class AdapterError(CcrouteError):
    """A platform or its recording cannot be used as asked."""


class EngineBroken(CcrouteError):
    """A defect of ccroute: this object must be dropped and restored from a snapshot."""
