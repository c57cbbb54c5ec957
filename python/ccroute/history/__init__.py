"""Contact records for months: written as visits close, read back, counted anew.

Needs the extra ``history`` (pyarrow). A :class:`Recorder` writes Parquet, a folder a day; a
:class:`History` reads it, wherever the files are by then.
"""

try:
    import pyarrow as pa  # noqa: F401 (said here in one sentence, before the modules need it)
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "contact records need pyarrow: pip install 'ccroute[history]'", name=error.name
    ) from None

from ccroute.history._history import History
from ccroute.history._recorder import Recorded, Recorder
from ccroute.metrics import RECORDS_VERSION

__all__ = ["RECORDS_VERSION", "History", "Recorded", "Recorder"]
