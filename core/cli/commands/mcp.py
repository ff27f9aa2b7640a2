"""`mcp`: a library for agents, over stdin and stdout, until they hang up."""

from __future__ import annotations

from typing import Any

from core.cli.options import Options, add_library, get_encoder
from core.progress import Task
from core.utils.extras import require


def add(tree: Any) -> None:
    """Adds `mcp`."""
    text = "serve a library to agents (Model Context Protocol over stdin and stdout), read-only"
    parser = tree.add_parser("mcp", help=text, description=text)
    parser.set_defaults(run=serve, show=lambda result: None, quiet=True, json=False)
    add_library(parser)


def serve(options: Options, task: Task) -> dict[str, Any]:
    """`mcp`. Nothing but messages of the protocol goes to stdout."""
    require("mcp", "Agents")
    from core.agents.server import make_server
    from core.library import Library

    library = Library(options.library)
    make_server(library, get_encoder(options, task, library)).run()
    return {}
