"""What all commands have in common."""

from typing import ClassVar

import attrs


@attrs.frozen(kw_only=True)
class Command:
    """One request. ``verb`` is the name of the router's method.

    >>> from ccroute import Cancel
    >>> Cancel(contact="c1").verb
    'cancel'
    """

    verb: ClassVar[str]
