"""What the commands print for people; `--json` prints the same results for programs."""

from __future__ import annotations

import json
from dataclasses import asdict, is_dataclass
from typing import Any

from core.timecode import timecode


def show_index(report: dict[str, Any]) -> None:
    """What an index run did, and the files that failed."""
    counts = ", ".join(f"{report[key]:,} {key}" for key in ("added", "updated", "renamed", "unchanged", "missing"))
    video = f" ({timecode(report['video_seconds'])} of video)" if report["video_seconds"] else ""
    print(f"{counts}, {len(report['failed']):,} failed in {report['seconds']:.1f} s{video}")
    print(
        f"The library has {report['items']:,} searchable items, {report['vectors']:,} vectors of {report['encoder']}."
    )
    if report["cancelled"]:
        print("Stopped early; run the same command again to go on.")
    for failure in report["failed"]:
        print(f"  {_one_line(failure['path'])}: {failure['reason']}")


def show_hits(result: dict[str, Any]) -> None:
    """Hits by rank, with the seconds of those in videos, and the line where likely matches end."""
    if result["cutoff"] == 0:
        print("Nothing here matches." + ("" if result["hits"] else " (--all shows the nearest all the same)"))
    for rank, hit in enumerate(result["hits"], start=1):
        if rank == result["cutoff"] + 1 and result["cutoff"]:
            print("--- likely matches end here ---")
        scores = f"relevance {hit['relevance']:.2f}  cosine {hit['score']:+.3f}"
        print(f"{rank:3}  {scores}  {_one_line(hit['path'])}{_range(hit)}")


def show_places(result: dict[str, Any]) -> None:
    """Where a picture was found."""
    if not result["hits"]:
        print("No video here shows it.")
    for hit in result["hits"]:
        part = "" if hit["whole"] else "  (in part)"
        print(f"{timecode(hit['time_s']):>8}  {_one_line(hit['path'])}{part}")


def show_figures(report: dict[str, Any]) -> None:
    """Figures as they are."""
    print(json.dumps(report, indent=2, default=plain))


def plain(value: Any) -> Any:
    """What `json` cannot write by itself: dataclasses as dictionaries, anything else as its text."""
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else str(value)


def _range(hit: dict[str, Any]) -> str:
    if "start_s" not in hit:
        return ""
    start, end, peak = (timecode(hit[key]) for key in ("start_s", "end_s", "peak_s"))
    return f"  {start}-{end} (best at {peak})"


def _one_line(path: str) -> str:
    return path if path.isprintable() else repr(path)
