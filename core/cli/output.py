"""What the commands print for people; `--json` prints the same results for programs."""

from __future__ import annotations

import json
from dataclasses import asdict, is_dataclass
from typing import Any

from core.utils.timecode import format_timecode


def show_index(report: dict[str, Any]) -> None:
    """What an index run did, and the files that failed."""
    counts = ", ".join(f"{report[key]:,} {key}" for key in ("added", "updated", "renamed", "unchanged", "missing"))
    video = f" ({format_timecode(report['video_seconds'])} of video)" if report["video_seconds"] else ""
    print(f"{counts}, {len(report['failed']):,} failed in {report['seconds']:.1f} s{video}")
    print(
        f"The library has {report['items']:,} searchable items, {report['vectors']:,} vectors of {report['encoder']}."
    )
    if report["cancelled"]:
        print("Stopped early; run the same command again to go on.")
    for failure in report["failed"]:
        print(f"  {one_line(failure['path'])}: {failure['reason']}")


def show_hits(result: dict[str, Any]) -> None:
    """Hits by rank, with the seconds of those in videos, and the line where likely matches end."""
    if result["cutoff"] == 0:
        print("Nothing here matches." + ("" if result["hits"] else " (--all shows the nearest all the same)"))
    for rank, hit in enumerate(result["hits"], start=1):
        if rank == result["cutoff"] + 1 and result["cutoff"]:
            print("--- likely matches end here ---")
        scores = f"relevance {hit['relevance']:.2f}  cosine {hit['score']:+.3f}"
        print(f"{rank:3}  {scores}  {one_line(hit['path'])}{_range(hit)}")


def show_places(result: dict[str, Any]) -> None:
    """Where a picture was found."""
    if not result["hits"]:
        print("No video here shows it.")
    for hit in result["hits"]:
        part = "" if hit["whole"] else "  (in part)"
        print(f"{format_timecode(hit['time_s']):>8}  {one_line(hit['path'])}{part}")


def show_classified(result: dict[str, Any]) -> None:
    """Each item's class, how sure that is, and what else it might be; or each item's number."""
    width = max((len(one_line(entry["label"])) for entry in result["results"] if "label" in entry), default=0)
    for entry in result["results"]:
        if "value" in entry:
            print(f"{entry['value']:>12.6g}  {one_line(entry.get('path') or entry['text'])}")
            continue
        ranked = sorted(entry["all"].items(), key=lambda pair: pair[1], reverse=True)
        rest = ", ".join(f"{one_line(name)} {share:.2f}" for name, share in ranked[:3])
        what = one_line(entry.get("path") or entry["text"])
        print(f"{one_line(entry['label']):<{width}}  fits {entry['fits']:.2f}  {what}  ({rest})")
    for failure in result["failed"]:
        print(f"  {one_line(failure['path'])}: {failure['reason']}")


def show_fewshot(report: dict[str, Any]) -> None:
    """Accuracy by method and number of labelled pictures a class, as a table."""
    print(f"{report['images']:,} pictures of {report['classes']:,} classes, {report['repeats']} repeats")
    print(f"zero-shot {report['zeroshot']:.3f} (without templates {report['zeroshot_no_templates']:.3f})")
    for method, points in report["methods"].items():
        print(f"{method:<9}", *(f"{shots:>3}: {point['mean']:.3f}" for shots, point in points.items()), sep="  ")
    for method, gain in report["gain"].items():
        if gain is not None:
            print(f"Labelling as many again would add about {gain:+.3f} to the {method}.")


def show_dimensions(report: dict[str, Any]) -> None:
    """A line for each way to keep vectors, and what is enough."""
    print(f"{report['pool']:,} pictures, components learned from {report['learned_from']:,}")
    print(
        f"{'method':<9}{'kept as':<8}{'dims':>5}{'neighbours':>12}{'captions':>10}{'classes':>9}{'bytes':>7}{'ms':>8}"
    )
    for entry in report["points"]:
        shares = (f"{'':>8}" if entry[name] is None else f"{entry[name]:8.3f}" for name in ("recall", "accuracy"))
        print(
            f"{entry['method']:<9}{entry['precision']:<8}{entry['dim']:>5}"
            f"{entry['overlap']:>12.3f}  {'  '.join(shares)}"
            f"{entry['bytes']:>7,}{entry['query_ms']:>8.2f}"
        )
    for name, entry in report["enough"].items():
        print(f"95 % of {name} with {entry['dim']} dimensions (PCA, fp32)")
    if report["intrinsic"] is not None:
        print(f"The vectors fill about {report['intrinsic']:.0f} dimensions locally.")


def show_figures(report: dict[str, Any]) -> None:
    """Figures as they are."""
    print(json.dumps(report, indent=2, default=plain))


def plain(value: Any) -> Any:
    """What `json` cannot write by itself: dataclasses as dictionaries, anything else as its text."""
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else str(value)


def _range(hit: dict[str, Any]) -> str:
    if "start_s" not in hit:
        return ""
    start, end, peak = (format_timecode(hit[key]) for key in ("start_s", "end_s", "peak_s"))
    return f"  {start}-{end} (best at {peak})"


def one_line(name: str) -> str:
    """Names from files may hold line breaks and the codes that steer a terminal."""
    return name if name.isprintable() else repr(name)
