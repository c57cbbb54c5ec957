"""A centre as a document: which tenants, links and places a host of its own runs with."""

from collections.abc import Iterator, Mapping
from os import PathLike
from os.path import realpath
from pathlib import Path
from typing import Self, TypeAlias

import attrs

from ccroute._errors import AdapterError, CcrouteError, ConfigError
from ccroute._plan import Plan
from ccroute._router import Router
from ccroute.adapters import Adapter, Adapters, Secret, Setting
from ccroute.host._control import path_is_too_long
from ccroute.host._given import strange_queues
from ccroute.host._host import Host
from ccroute.host._locks import lock_of
from ccroute.host._saved import files_of
from ccroute.host._settings import VALUES, Announcement, TenantSettings
from ccroute.host._toml import Document, Keys

Given: TypeAlias = "str | int | float | bool | Secret | list[Given] | Mapping[str, Given]"
"""A setting of an adapter as the document has it, with its secrets still hidden."""

_KEYS = ("tenants", "links", "snapshot", "control", "log", "log_level", "drain", "http")
_TENANT = (
    "plan", "directory", "destinations", "transfers_per_minute", "treatments", "crm_url",
    "callback_number", "fallback_queue", "announcements",
)  # fmt: skip
_HTTP = ("host", "port", "public_url")
_FORMATS = ("text", "json")
_LEVELS = ("debug", "info", "warning", "error")
_CONTROL = "{stem}.sock"


@attrs.frozen(kw_only=True)
class TenantPart:
    """A tenant of a centre: the file of its plan, and its settings."""

    plan: Path
    settings: TenantSettings


@attrs.frozen(kw_only=True)
class LinkPart:
    """A link of a centre: its adapter's name and settings, in which secrets are hidden."""

    adapter: str
    config: Mapping[str, Given]

    def secrets(self) -> Iterator[Secret]:
        """The secrets among its settings."""
        return _secrets(self.config)

    def revealed(self) -> Mapping[str, Setting]:
        """Its settings as an adapter gets them, with the secrets in them."""
        return {key: _revealed(value) for key, value in self.config.items()}


@attrs.frozen(kw_only=True)
class HttpPart:
    """Where a centre listens for HTTP. ``public_url``: how platforms write the beginning of its
    addresses, when something stands between them and it."""

    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str | None = None


@attrs.frozen(kw_only=True)
class Centre:
    """What ``ccroute run`` runs, as a document in TOML says it.

    Paths are relative to the document. ``control``: the socket that ``ccroute health`` and its
    kin ask; default beside the document, called like it. ``drain``: seconds that links have to
    finish when it stops.

    A secret is named, not written: ``password = { env = "PBX_PASSWORD" }`` or
    ``{ file = "pbx.secret" }`` (whose last line break counts for nothing).
    """

    path: Path
    tenants: Mapping[str, TenantPart]
    links: Mapping[str, LinkPart]
    snapshot: Path | None
    control: Path
    log: str
    log_level: str
    drain: float
    http: HttpPart | None
    _document: Document = attrs.field(repr=False, eq=False)

    @classmethod
    def load(cls, path: str | PathLike[str], *, environ: Mapping[str, str]) -> Self:
        """The centre in a file. ``environ``: where secrets that are named by ``env`` stand.

        Raises:
            ConfigError: with ``path`` and ``line``; each further problem is a line of the
                message.
            OSError: the file cannot be read.
        """
        found = cls._read(Path(path), environ)
        found._document.settle()
        return found

    @classmethod
    def load_host(
        cls,
        path: str | PathLike[str],
        *,
        environ: Mapping[str, str],
        adapters: Adapters | None = None,
    ) -> tuple[Self, Host]:
        """The centre in a file and a host of it, as `load` and `host` make them, for who wants to
        hear at once what is wrong in the document, in the plans and in the adapters' settings.

        Raises:
            ConfigError: as those two; each further problem is a line of the message.
            AdapterError: an adapter that is not there or cannot be loaded, and nothing else.
            OSError: the file cannot be read.
        """
        found = cls._read(Path(path), environ)
        return found, found.host(adapters)

    @classmethod
    def _read(cls, path: Path, environ: Mapping[str, str]) -> Self:
        """What can be read of a file; what cannot is noted in its document."""
        document = Document.load(path)
        root = document.root
        document.valid(root, (), _KEYS)
        links = {
            keys[-1]: _link(document, keys, given, environ)
            for keys, given in document.tables(root, ("links",))
        }
        tenants = {
            keys[-1]: _tenant(document, keys, given, links)
            for keys, given in document.tables(root, ("tenants",))
        }
        if not tenants:
            document.wrong(("tenants",), "no tenant: give a table such as [tenants.acme]")
        usual = document.path.with_name(_CONTROL.format(stem=document.path.stem))
        control = document.file(root, ("control",)) or usual
        if too_long := path_is_too_long(control):
            document.wrong(("control",), f"control: {too_long}")
        if control.is_dir():
            document.wrong(("control",), f"control: {control} is a folder: name a socket in it")
        return cls(
            path=document.path,
            tenants=tenants,
            links=links,
            snapshot=_snapshot(document, root, control),
            control=control,
            log=document.word(root, ("log",), _FORMATS, "text"),
            log_level=document.word(root, ("log_level",), _LEVELS, "info"),
            drain=document.number(root, ("drain",), 5.0),
            http=_http(document, root),
            document=document,
        )

    @staticmethod
    def control_of(path: str | PathLike[str]) -> Path:
        """The control socket that a document names; nothing else of it is looked at.

        Raises:
            ConfigError: it is not TOML.
            OSError: the file cannot be read.
        """
        document = Document.load(Path(path))
        usual = document.path.with_name(_CONTROL.format(stem=document.path.stem))
        return document.file(document.root, ("control",)) or usual

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """All secrets of it, so that they can be kept out of what is told."""
        return tuple(secret for link in self.links.values() for secret in link.secrets())

    def plan(self, tenant: str) -> Plan:
        """The plan of a tenant, as its file says now.

        Raises:
            ConfigError: naming the file and the line.
        """
        path = self.tenants[tenant].plan
        try:
            return Plan.load(path)
        except OSError as error:
            line = self._document.line(("tenants", tenant, "plan"))
            message = f"tenants.{tenant}.plan: {path}: {error.strerror or error}"
            raise ConfigError(message, line, str(self.path)) from None

    def host(self, adapters: Adapters | None = None) -> Host:
        """A host of all that, not started. ``adapters``: default those that are installed.

        Raises:
            ConfigError: a plan, or a setting of an adapter, that can never work; each further
                problem is a line of the message.
            AdapterError: an adapter that is not there or cannot be loaded, and nothing else.
        """
        known = Adapters() if adapters is None else adapters
        routers = {
            name: router for name in self.tenants if (router := self._router(name)) is not None
        }
        built = {
            name: adapter
            for name, link in self.links.items()
            if (adapter := self._adapter(name, link, known)) is not None
        }
        self._document.settle()
        return Host(
            routers,
            adapters=built,
            settings={name: tenant.settings for name, tenant in self.tenants.items()},
            snapshot=self.snapshot,
            drain=self.drain,
        )

    def _router(self, tenant: str) -> Router | None:
        """A tenant's router; ``None``: what is wrong is noted."""
        keys = ("tenants", tenant)
        if self._document.is_wrong((*keys, "plan")):
            return None
        try:
            router = Router(self.plan(tenant), source=tenant)
        except ConfigError as error:
            ours = error.path == str(self.path)
            words = error.message if ours else f"tenants.{tenant}.plan: {error}"
            self._document.wrong((*keys, "plan"), words)
            return None
        for key, words in strange_queues(self.tenants[tenant].settings, router.plan):
            self._document.wrong((*keys, key), f"tenants.{tenant}.{words}")
        return router

    def _adapter(self, name: str, link: LinkPart, adapters: Adapters) -> Adapter | None:
        """A link's adapter; ``None``: what is wrong is noted, without the secrets."""
        keys = ("links", name)
        if self._document.is_wrong(keys):
            return None
        try:
            return adapters.build(link.adapter, link=name, config=link.revealed())
        except CcrouteError as error:
            words = str(error)
            for secret in link.secrets():
                words = secret.hide_in(words)
            if isinstance(error, AdapterError):
                self._document.wrong(keys, f"links.{name}: {words}", AdapterError)
            else:
                self._document.wrong(keys, words)
            return None


def _tenant(
    document: Document, keys: Keys, given: Mapping[str, object], links: Mapping[str, LinkPart]
) -> TenantPart:
    document.valid(given, keys, _TENANT)
    name = ".".join(keys)
    plan = document.file(given, (*keys, "plan"))
    if plan is None and "plan" not in given:
        document.wrong((*keys, "plan"), f"{name}: no `plan`: name the file of its plan")
    directory = {
        at[-1]: document.by_name(document.table(given, (*keys, "directory")), at)
        for at, _ in document.tables(given, (*keys, "directory"))
    }
    for agent, addresses in directory.items():
        for link in addresses.keys() - links.keys():
            known = ", ".join(links) or "none"
            place = (*keys, "directory", agent, link)
            document.wrong(place, f"{'.'.join(place)}: no link `{link}`; known: {known}")
    announcements = {
        at[-1]: rule
        for at, it in document.tables(given, (*keys, "announcements"))
        if (rule := _announcement(document, at, it)) is not None
    }
    destinations = document.texts(given, (*keys, "destinations"))
    settings = TenantSettings()
    try:
        settings = TenantSettings(
            directory=directory,
            destinations=destinations,
            transfers_per_minute=document.whole(given, (*keys, "transfers_per_minute"), 30),
            treatments=document.by_name(given, (*keys, "treatments")),
            announcements=announcements,
            crm_url=document.text(given, (*keys, "crm_url")),
            callback_number=document.text(given, (*keys, "callback_number")) or "caller",
            fallback_queue=document.text(given, (*keys, "fallback_queue")),
        )
    except ConfigError as error:
        # Its words begin with the key.
        path = error.message.partition(":")[0].split(" ")[0].split(".")
        document.wrong((*keys, *path), f"{name}.{error.message}")
    return TenantPart(plan=plan or document.path, settings=settings)


def _announcement(
    document: Document, keys: Keys, given: Mapping[str, object]
) -> Announcement | None:
    document.valid(given, keys, ("prompt", "every", "after", "values"))
    try:
        return Announcement(
            prompt=document.text(given, (*keys, "prompt")) or "",
            every=document.number(given, (*keys, "every"), 60.0),
            after=document.number(given, (*keys, "after"), 15.0),
            values=document.texts(given, (*keys, "values")) if "values" in given else VALUES,
        )
    except ConfigError as error:
        document.wrong(keys, f"{'.'.join(keys)}: {error.message.partition(': ')[2]}")
        return None


def _link(
    document: Document, keys: Keys, given: Mapping[str, object], environ: Mapping[str, str]
) -> LinkPart:
    if not keys[-1] or ":" in keys[-1]:
        document.wrong(keys, f"link {keys[-1]!r}: give a name without a colon")
    adapter = document.text(given, (*keys, "adapter"))
    if adapter is None and "adapter" not in given:
        document.wrong(keys, f"{'.'.join(keys)}: no `adapter`: give the name of one")
    config = {
        key: _given(document, (*keys, key), value, environ)
        for key, value in given.items()
        if key != "adapter"
    }
    return LinkPart(adapter=adapter or "", config=config)


def _given(document: Document, keys: Keys, value: object, environ: Mapping[str, str]) -> Given:
    match value:
        case {"env": str(name), **rest} if not rest:
            return _from_environment(document, keys, name, environ)
        case {"file": str(name), **rest} if not rest:
            return _from_file(document, keys, document.path.parent / name)
        case dict():
            return {
                str(key): _given(document, (*keys, str(key)), item, environ)
                for key, item in value.items()
            }
        case list():
            return [_given(document, keys, item, environ) for item in value]
        case str() | int() | float() | bool():
            return value
        case _:
            document.wrong(keys, f"{'.'.join(keys)}: give text, a number, a list or a table")
            return ""


def _from_environment(
    document: Document, keys: Keys, name: str, environ: Mapping[str, str]
) -> Secret:
    if not environ.get(name):
        words = f"{'.'.join(keys)}: the environment has no {name}: set it"
        document.wrong(keys, words)
    return Secret(environ.get(name, ""))


def _from_file(document: Document, keys: Keys, path: Path) -> Secret:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "no path"
        if isinstance(error, UnicodeDecodeError):
            why = "not UTF-8"
        document.wrong(keys, f"{'.'.join(keys)}: {path}: {why}")
        return Secret("")
    secret = text.removesuffix("\n").removesuffix("\r")
    if not secret:
        document.wrong(keys, f"{'.'.join(keys)}: {path} is empty: put the secret into it")
    return Secret(secret)


def _snapshot(document: Document, root: Mapping[str, object], control: Path) -> Path | None:
    path = document.file(root, ("snapshot",))
    theirs = {realpath(it) for it in (control, lock_of(control))}
    if path is not None and theirs & {realpath(it) for it in files_of(path)}:
        words = f"snapshot: {path} is the control socket's place: give another"
        document.wrong(("snapshot",), words)
    if path is not None and not path.parent.is_dir():
        document.wrong(("snapshot",), f"snapshot: no folder {path.parent}: make it")
    return path


def _http(document: Document, root: Mapping[str, object]) -> HttpPart | None:
    if "http" not in root:
        return None
    given = document.table(root, ("http",))
    document.valid(given, ("http",), _HTTP)
    port = document.whole(given, ("http", "port"), 8080)
    if port > 65_535:
        document.wrong(("http", "port"), f"http.port: give one from 0 to 65535, not {port}")
    host = document.text(given, ("http", "host")) or "127.0.0.1"
    if "\0" in host:
        document.wrong(("http", "host"), f"http.host: {host!r} is no host: it holds a NUL")
    return HttpPart(
        host=host,
        port=port,
        public_url=document.text(given, ("http", "public_url")),
    )


def _secrets(value: Given) -> Iterator[Secret]:
    if isinstance(value, Secret):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _secrets(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _secrets(item)


def _revealed(value: Given) -> Setting:
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, list):
        return [_revealed(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _revealed(item) for key, item in value.items()}
    return value
