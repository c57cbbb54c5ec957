"""The only importer of the extension: what crosses the boundary is named here."""

from ccroute._core import Plan as CheckedPlan
from ccroute._core import __version__

__all__ = ["CheckedPlan", "__version__"]
