"""`health`: checks the installation, for people and for programs that watch a server."""

from __future__ import annotations

from typing import Any

from core.cli.options import add_command
from core.cli.output import one_line
from core.health import check_health


def add(tree: Any) -> None:
    """Adds `health`."""
    text = "check the home folder, the encoder, the decoders and every library; exit code 1 if one fails"
    add_command(tree, "health", text, lambda options, bar: check_health(), show_health)


def show_health(report: dict[str, Any]) -> None:
    """Prints a line for each check, then versions and the CPU."""
    for check in report["checks"]:
        print(f"{'ok  ' if check['ok'] else 'FAIL'}  {one_line(check['name'])}: {one_line(check['told'])}")
    print("; ".join(f"{name} {version or 'is not installed'}" for name, version in report["versions"].items()))
    cpu = report["cpu"]
    print(f"{cpu['machine']}, {cpu['cores']} cores, {', '.join(cpu['instructions'])}")
