"""``callpoint console``: the pages for property managers and operators, in the foreground."""

import asyncio
from pathlib import Path

import click

from callpoint_cli.errors import MISSING, fail
from callpoint_cli.journals import config_option, locate
from callpoint_cli.site_model import site_source

NEEDS = "the console needs more packages; install them: pip install 'callpoint[console]'"


@click.command()
@config_option
@click.option("--listen", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8480, show_default=True, help="Port; 0: any free one.")
def console(config_path: Path | None, listen: str, port: int) -> None:
    """Serve the pages that people work on.

    It ends when it is told to stop (SIGTERM or Ctrl-C).

    It only reads the journals, and asks the running gateway for what people do. Without a gateway
    the pages say so.

    Example: callpoint console -c gateway.toml
    """
    try:
        from callpoint_console.app import build_app
        from callpoint_console.console import Console
        from callpoint_console.desk import SocketDesk
        from callpoint_console.serving import listener, serve
    except ModuleNotFoundError as missing:
        if (missing.name or "").startswith("callpoint"):
            raise
        fail(NEEDS, MISSING)
    site = locate(config_path, None)
    try:
        listening = listener(listen, port)
    except OSError as error:
        fail(f"{listen} port {port} cannot be listened on ({error.strerror})", MISSING)
    shown = Console(site.name, site_source(site), SocketDesk(site.folder))
    host, bound = listening.getsockname()[:2]
    address = f"http://[{host}]:{bound}/" if ":" in host else f"http://{host}:{bound}/"
    asyncio.run(
        serve(build_app(shown), shown, listening, lambda: click.echo(f"listening on {address}"))
    )
