"""`recommend`: items of a library for somebody who likes some of them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.cli.options import Options, add_command, add_library, get_encoder
from core.cli.output import one_line
from core.errors import QueryError
from core.progress import Task
from core.utils.files import to_absolute


def add(tree: Any) -> None:
    """Adds `recommend`."""
    text = "recommend items of a library to somebody who likes some and dislikes others"
    parser = add_command(tree, "recommend", text, recommend, show_recommendations)
    text = "path or id of an item that is {}; may be repeated"
    parser.add_argument("--like", action="append", default=[], metavar="ITEM", help=text.format("liked"))
    parser.add_argument("--dislike", action="append", default=[], metavar="ITEM", help=text.format("disliked"))
    text = "learn from the behavior of others: columns user, item, optionally time and weight (CSV or Parquet)"
    parser.add_argument("--log", type=Path, metavar="FILE", help=text)
    parser.add_argument("--k", type=int, default=10, metavar="K", help="how many (default: 10)")
    text = "with a log: share of behavior in a score, 0 to 1 (default: 0.5)"
    parser.add_argument("--mix", type=float, default=0.5, metavar="S", help=text)
    text = "how different from each other the items are, 0 to 1 (default: 0.3)"
    parser.add_argument("--diversity", type=float, default=0.3, metavar="S", help=text)
    text = "share of places for items drawn at random, 0 to 1 (default: 0)"
    parser.add_argument("--exploration", type=float, default=0.0, metavar="S", help=text)
    add_library(parser)


def recommend(options: Options, task: Task) -> dict[str, Any]:
    """`recommend`."""
    from core.library import Library
    from core.library.item_lookup import get_item_names
    from core.recommend.feed import recommend as make_feed
    from core.recommend.log_reader import read_log
    from core.recommend.model import learn_from_log

    if options.k < 1:
        raise QueryError("--k: at least 1.")
    if not options.like and options.log is None:
        raise QueryError("Give items that are liked (--like ITEM), or a --log of what others did.")
    library = Library(options.library)
    log = read_log(options.log) if options.log is not None else None
    names = get_item_names(library)
    liked, disliked = ([_find_item(item, names) for item in items] for items in (options.like, options.dislike))
    encoder = get_encoder(options, task, library)
    scores = None
    if log is not None:
        learned = learn_from_log(library, encoder, log, task=task)
        scores = learned.scores(liked)
        if not len(learned.log):
            text = "no row of the log is about an item of this library, so that content alone counts"
            print(f"semblance: {text}.", file=sys.stderr)
    feed = make_feed(
        library, encoder, liked, disliked, k=options.k, diversity=options.diversity, exploration=options.exploration,
        behavior=scores, mix=options.mix,
    )  # fmt: skip
    paths = dict(zip(*(library.items()[name].to_pylist() for name in ("id", "path")), strict=True))
    return {
        "items": [
            {
                "path": choice.item.path,
                "score": round(choice.score, 4),
                "because": [paths[item_id] for item_id in choice.because],
                "by": choice.by,
            }
            for choice in feed.recommendations
        ]
    }


def _find_item(text: str, names: Mapping[str, str]) -> str:
    """The id of an item given by its id, its path, a path relative to here, or the end of its path."""
    for name in (text, str(to_absolute(text))):
        if name in names:
            return names[name]
    raise QueryError(f"{text!r} is no item of this library, or fits several: give its whole path, or its id.")


def show_recommendations(result: dict[str, Any]) -> None:
    """Prints a line for each item, with the likes that explain it."""
    for row in result["items"]:
        why = ", ".join(Path(one_line(path)).name for path in row["because"])
        print(f"{row['score']:+.3f}  {one_line(row['path'])}  ({f'because of {why}' if why else row['by']})")
    if not result["items"]:
        print("Nothing is left to recommend.")
