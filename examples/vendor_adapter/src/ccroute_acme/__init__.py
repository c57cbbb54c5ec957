"""The Acme PBX, which nobody makes, for ccroute."""

from ccroute_acme.adapter import AcmeAdapter, acme

__all__ = ["AcmeAdapter", "acme"]
