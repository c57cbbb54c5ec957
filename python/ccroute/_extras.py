"""Packages that come with an extra: imported when they are needed, or missed in a sentence."""

import importlib
from types import ModuleType

from ccroute._errors import ConfigError


def of_extra(module: str, *, extra: str, purpose: str) -> ModuleType:
    """A module of a package that need not be installed.

    Args:
        module: Its dotted name.
        extra: The extra of ccroute that brings the package.
        purpose: What needs it: the beginning of the message.

    Raises:
        ConfigError: It is not installed; the message says how to install it.

    >>> of_extra("no_such_package", extra="arrow", purpose="Arrow")
    Traceback (most recent call last):
    ccroute._errors.ConfigError: Arrow: the package no_such_package is missing: \
pip install 'ccroute[arrow]'
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        missing = (error.name or module).partition(".")[0]
        raise ConfigError(
            f"{purpose}: the package {missing} is missing: pip install 'ccroute[{extra}]'"
        ) from error
