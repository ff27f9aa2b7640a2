"""`eval formats`: how the files of a folder are read, beside the other readers that are installed."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.cli.options import Options, add_command
from core.cli.output import one_line
from core.progress import Task

_COLUMNS = ("files", "opened", "unread", "refused", "size", "pixels", "allowed")


def add(tree: Any) -> None:
    """Adds this command to `eval`."""
    text = "every file of a folder beside Pillow, OpenCV and FFmpeg: opened or not, size, pixels; lists what differs"
    parser = add_command(tree, "formats", text, formats, show_formats)
    parser.add_argument("--files", type=Path, required=True, metavar="DIR")
    text = "mean difference of 64 x 64 pixels, 0 to 255, up to which two pictures are alike (default: 8)"
    parser.add_argument("--tolerance", type=float, default=8.0, metavar="N", help=text)


def formats(options: Options, task: Task) -> dict[str, Any]:
    """`eval formats`."""
    from core.evaluation.formats import evaluate_formats

    return asdict(evaluate_formats(options.files, tolerance=options.tolerance, task=task))


def show_formats(report: dict[str, Any]) -> None:
    """Prints the counts by ending, then each file that is read otherwise."""
    opened = ", ".join(f"{count:,} by {reader}" for reader, count in report["opened"].items())
    print(f"{report['files']:,} files, opened: {opened}")
    print(f"{'ending':<12}" + "".join(f"{name:>9}" for name in _COLUMNS))
    for ending, counts in sorted(report["endings"].items()):
        print(f"{one_line(ending):<12}" + "".join(f"{counts[name]:>9,}" for name in _COLUMNS))
    for row in report["disagreements"]:
        print(f"{row['kind']:<8} {one_line(row['path'])}: {_explain(row)}")
    for path, reader, reason in report["broken"]:
        print(f"{'broken':<8} {one_line(path)}: {reader} hung, crashed or took too much memory ({reason})")


def _explain(row: dict[str, Any]) -> str:
    what = " and ".join([", ".join(row["readers"][:-1]), row["readers"][-1]]).removeprefix(" and ")
    if row["agreed"]:
        what += ", which agree" if len(row["readers"]) == 2 else ", of which two agree"
    if row["kind"] == "refused":
        what = f"{_size(row['other_size'])} by {what}"
    elif row["kind"] == "size":
        what = f"{_size(row['size'])}, but {_size(row['other_size'])} by {what}"
    else:
        what = f"differs by {row['difference']:.1f} from {what}"
    return what + "".join(f" ({row[name]})" for name in ("reason", "allowed") if row[name])


def _size(size: tuple[int, int]) -> str:
    return f"{size[0]} x {size[1]}"
