"""Contact records for months: written as visits close, read back, counted anew.

Needs the extra ``history`` (pyarrow). A :class:`Recorder` writes Parquet, a folder a day; a
:class:`History` reads it, wherever the files are by then.
"""

from ccroute._extras import of_extra

of_extra("pyarrow", extra="history", purpose="contact records")  # before the modules need it

from ccroute.history._history import History  # noqa: E402
from ccroute.history._recorder import Recorded, Recorder  # noqa: E402
from ccroute.metrics import RECORDS_VERSION  # noqa: E402

__all__ = ["RECORDS_VERSION", "History", "Recorded", "Recorder"]
