"""`ask`: a question to a library, the sentences that answer it, and the pictures and moments that fit."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.cli.options import Options, add_command, add_kind, add_library, add_reader, get_encoder, get_reader
from core.cli.output import one_line
from core.progress import Task
from core.utils.timecode import format_timecode

if TYPE_CHECKING:
    from core.ask import Answer
    from core.search.images import Hit


def add(tree: Any) -> None:
    """Adds `ask`."""
    parser = add_command(tree, "ask", "answer a question from the texts of a library", ask, show_answers)
    parser.add_argument("question", metavar="QUESTION", help='for instance "Who was Warden of the Mint?"')
    text = "the question before, whose words count where this one leans on it"
    parser.add_argument("--after", default="", metavar="QUESTION", help=text)
    parser.add_argument("--k", type=int, default=5, help="most answers, pictures and moments each (default: 5)")
    add_kind(parser, "only answers (text), only pictures (image) or only moments (video)")
    parser.add_argument("--folder", metavar="DIR", help="only files in this folder and below")
    parser.add_argument("--from", dest="after_day", type=_day, metavar="DAY", help="only files from this day on")
    parser.add_argument("--to", dest="before_day", type=_day, metavar="DAY", help="only files up to this day")
    add_reader(parser)
    add_library(parser)


def ask(options: Options, task: Task) -> dict[str, Any]:
    """`ask`."""
    from core.ask import ask as ask_library
    from core.library import Library
    from core.library.filters import Filters

    library = Library(options.library)
    filters = Filters(
        kind=options.kind, folder=options.folder, after=options.after_day, before=options.before_day
    )  # fmt: skip
    reply = ask_library(
        library, get_encoder(options, task, library), options.question,
        after=options.after, k=options.k, filters=filters, reader=get_reader(options), task=task,
    )  # fmt: skip
    return {
        "question": reply.question,
        "after": reply.after,
        "found": reply.found,
        "answers": [_list_answer(answer) for answer in reply.answers],
        "pictures": [_list_picture(hit) for hit in reply.pictures],
        "moments": [
            {
                "path": item.path, "start_s": round(moment.start_s, 3), "end_s": round(moment.end_s, 3),
                "peak_s": round(moment.peak_s, 3), "match": round(moment.relevance, 4),
            }
            for item, moment in reply.moments
        ],
    }  # fmt: skip


def _list_answer(answer: Answer) -> dict[str, Any]:
    """An answer with all that is known of its place, as in the hits of `search`."""
    passage = answer.passage
    place = {key: value for key, value in asdict(passage).items() if value is not None and key not in _NO_PLACE}
    place = {key: round(value, 3) if isinstance(value, float) else value for key, value in place.items()}
    return {
        "path": answer.item.path,
        "where": passage.where,
        "sentence": answer.sentence,
        "passage": passage.text,
        "match": round(answer.match, 4),
        **({"words": answer.words} if answer.words else {}),
        **place,
        **({} if answer.video is None else {"video": answer.video.path}),
    }


_NO_PLACE = ("item_id", "text")


def _list_picture(hit: Hit) -> dict[str, Any]:
    return {"path": hit.item.path, "match": round(hit.relevance, 4), "score": round(hit.score, 4)}


def show_answers(result: dict[str, Any]) -> None:
    """Prints the answers with their places, or the nearest ones if none answers, then what fits beside them."""
    if result["after"]:
        print(f"Asked together with: {one_line(result['after'])}")
    print("Found." if result["found"] else "No answer found here." + _NEAREST * bool(result["answers"]))
    for rank, answer in enumerate(result["answers"], start=1):
        place = f", {answer['where']}" if answer["where"] else ""
        print(f"{rank:3}  {answer['match']:.2f}  {one_line(' '.join(answer['sentence'].split()))}")
        print(f"           {one_line(Path(answer['path']).name + place)}")
    for picture in result["pictures"]:
        print(f"     {picture['match']:.2f}  picture: {one_line(picture['path'])}")
    for moment in result["moments"]:
        times = f"{format_timecode(moment['start_s'])}-{format_timecode(moment['end_s'])}"
        print(f"     {moment['match']:.2f}  moment:  {one_line(moment['path'])}  {times}")


_NEAREST = " Nearest to it:"


def _day(text: str) -> date:
    import argparse

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day like 2024-05-31") from None
