"""An adapter for the Acme PBX, which nobody makes: the page to copy from."""

from ccroute_acme.adapter import AcmeAdapter, AcmeSettings
from ccroute_acme.links import acme
from ccroute_acme.observing import AcmeObserver

__all__ = ["AcmeAdapter", "AcmeObserver", "AcmeSettings", "acme"]
