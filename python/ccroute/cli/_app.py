"""The commands of ``ccroute`` by name. What each does stands in its own module."""

import typer

from ccroute import __version__
from ccroute.cli._audit import audit
from ccroute.cli._doctor import doctor
from ccroute.cli._host import explain, health
from ccroute.cli._incident import incident
from ccroute.cli._kpis import kpis
from ccroute.cli._plan import plan_app
from ccroute.cli._replay import replay
from ccroute.cli._report import report
from ccroute.cli._run import run

app = typer.Typer(
    name="ccroute",
    help="Contact-centre routing and metrics.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(replay)
app.command()(report)
app.command()(audit)
app.command()(kpis)
app.command()(run)
app.command()(explain)
app.command()(health)
app.command()(incident)
app.command()(doctor)
app.add_typer(plan_app, name="plan")


@app.command()
def version() -> None:
    """Prints the version."""
    print(__version__)
