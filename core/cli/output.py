"""What the output of several commands shares."""

from __future__ import annotations

import json
from dataclasses import asdict, is_dataclass
from typing import Any


def show_figures(report: dict[str, Any]) -> None:
    """Prints a report as indented JSON."""
    print(json.dumps(report, indent=2, default=plain))


def plain(value: Any) -> Any:
    """Makes JSON of what `json` does not write by itself: dataclasses as objects, anything else as text."""
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else str(value)


def one_line(name: str) -> str:
    """A name that cannot steer a terminal: names of files may hold line breaks and control codes."""
    return name if name.isprintable() else repr(name)


def show_failed(failed: list[dict[str, str]]) -> None:
    """Prints files that could not be read, and why."""
    for failure in failed:
        print(f"  {one_line(failure['path'])}: {failure['reason']}")


def show_page(result: dict[str, Any]) -> None:
    """Prints where the page of a result is, if there is one."""
    if "report" in result:
        print(f"Saved as a page: {one_line(result['report'])}")
