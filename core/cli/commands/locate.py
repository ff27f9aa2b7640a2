"""`locate`: the videos that show a picture, and when."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.cli.options import Options, add_command, add_library, get_encoder
from core.cli.output import one_line
from core.progress import Task
from core.search.query import Term, parse_query
from core.utils.timecode import format_timecode

if TYPE_CHECKING:
    from core.library import Item


def add(tree: Any) -> None:
    """Adds `locate`."""
    parser = add_command(tree, "locate", "find the videos that show a picture, and when", locate, show_places)
    text = "a file, item:ID, or item:ID@SECONDS of a video"
    parser.add_argument("picture", metavar="PICTURE", help=text)
    add_library(parser)


def locate(options: Options, task: Task) -> dict[str, Any]:
    """`locate`."""
    from core.library import Library
    from core.search.locate import locate as locate_picture

    is_item = options.picture.startswith("item:")
    picture = parse_query(options.picture)[0] if is_item else Term("image", Path(options.picture))
    library = Library(options.library)
    encoder = get_encoder(options, task, library)
    places = locate_picture(library, encoder, picture, on_unreadable=_report_unreadable, task=task)
    return {
        "hits": [
            {
                "path": place.item.path,
                "time_s": round(place.time_s, 3),
                "likeness": round(place.likeness, 4),
                "whole": place.is_whole_image,
            }
            for place in places
        ]
    }


def _report_unreadable(item: Item, reason: str) -> None:
    print(f"semblance: {item.path!r} may show it and cannot be read: {reason}", file=sys.stderr)


def show_places(result: dict[str, Any]) -> None:
    """Prints a line for each video that shows the picture."""
    if not result["hits"]:
        print("No video here shows it.")
    for hit in result["hits"]:
        part = "" if hit["whole"] else "  (in part)"
        print(f"{format_timecode(hit['time_s']):>8}  {one_line(hit['path'])}{part}")
