"""`health`: whether the installation works, for people and for programs that watch a server."""

from __future__ import annotations

from typing import Any

from core.cli.options import add_command
from core.cli.output import one_line
from core.health import check_health


def add_health(tree: Any) -> None:
    """Adds `health`."""
    text = "try the home folder, the encoder, the decoders and every library; exit code 1 where one does not work"
    add_command(tree, "health", text, lambda options, bar: check_health(), show_health)


def show_health(report: dict[str, Any]) -> None:
    """A line for each check, then what it runs on."""
    for check in report["checks"]:
        print(f"{'ok  ' if check['ok'] else 'FAIL'}  {one_line(check['name'])}: {one_line(check['told'])}")
    print("; ".join(f"{name} {version or 'is not installed'}" for name, version in report["versions"].items()))
    cpu = report["cpu"]
    print(f"{cpu['machine']}, {cpu['cores']} cores, {', '.join(cpu['instructions'])}")
