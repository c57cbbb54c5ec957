"""The object users hold, and what it is made of: the commands by what they are about."""

from ccroute._router._router import Router

__all__ = ["Router"]
