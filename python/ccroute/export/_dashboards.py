"""What Grafana and Prometheus make of the export: files that come with the package."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType


@cache
def dashboards() -> Mapping[str, str]:
    """The texts by the names of their files: ``wallboard.json`` for Grafana, ``alerts.yaml``
    for Prometheus, ``metrics.json`` with every metric of :func:`families`.

    >>> sorted(dashboards())
    ['alerts.yaml', 'metrics.json', 'wallboard.json']
    """
    folder = files("ccroute.export").joinpath("dashboards")
    texts = {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()}
    return MappingProxyType(dict(sorted(texts.items())))
