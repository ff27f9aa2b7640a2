"""Indexes a two-hour video while being killed: python tools/prove_video.py [--clip FILE] [--hours H] [--fps F]

Makes the video by looping a clip (its packets, not encoded again; default: a reel of the sample photos), runs
`python -m core index` on it, ends it with SIGKILL half-way, runs it again, and prints what the library holds, the
speed and the memory.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import av
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from killed_runs import run

from core.library import Library
from core.library.samples.reels import render_reels
from core.media.video import probe

FASTEST, MOST_MB = 30.0, 1536  # what is to be held: times real time, memory


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clip", type=Path)
    parser.add_argument("--hours", type=float, default=2.0)
    parser.add_argument("--fps", type=float, default=1.0)
    parser.add_argument("--encoder", default="embedded")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        library, video = Path(place) / "library", Path(place) / "long.mp4"
        clip = options.clip or render_reels(Path(place) / "reels")[0]
        loop(clip, video, 3600 * options.hours)
        length = probe(video).duration_s or 0.0
        command = [sys.executable, "-m", "core", "index", str(video), "--library", str(library)]
        command += ["--fps", str(options.fps), "--encoder", options.encoder, "--json", "--quiet"]
        run(command, until=lambda: read_s(library) >= length / 2, every_s=2.0)
        cached = read_s(library)
        last, memory = run(command)
        again, _ = run(command)
        starts, ends = rows(library)
        report = {
            "video_s": round(length, 1),
            "committed_when_killed_s": round(cached, 1),
            "embedded_in_second_run_s": last["video_seconds"],
            "seconds_of_video_per_s": round(last["video_seconds"] / last["seconds"], 1),
            "memory_mb_by_quarter_of_second_run": memory,
            "rows": len(starts),
            "holes_s": round(float(np.abs(starts[1:] - ends[:-1]).max()), 3),
            "embedded_again_s": again["video_seconds"],
        }
        print(json.dumps(report, indent=2))
        whole = starts[0] == 0 and abs(ends[-1] - length) < 2 and report["holes_s"] < 0.1 and last["items"] == 1
        if not whole or again["video_seconds"] or last["video_seconds"] > length - cached + 10:
            sys.exit("Something was lost, is there twice, or was embedded again.")
        if report["seconds_of_video_per_s"] < FASTEST or max(memory) > MOST_MB:
            sys.exit(f"Slower than {FASTEST:g} times real time, or more than {MOST_MB} MB.")


def loop(clip: Path, target: Path, seconds: float) -> None:
    """Writes the packets of a clip's pictures again and again, until the video is that long."""
    with av.open(str(target), "w") as output:
        with av.open(str(clip)) as source:
            stream = output.add_stream_from_template(source.streams.video[0])
        offset = 0
        while True:
            end = offset
            with av.open(str(clip)) as source:
                for packet in source.demux(source.streams.video[0]):
                    if packet.dts is None or packet.pts is None:
                        continue
                    packet.pts, packet.dts = packet.pts + offset, packet.dts + offset
                    base, end = packet.time_base, max(end, packet.pts + packet.duration)
                    packet.stream = stream
                    output.mux(packet)
            offset = end
            if offset * base >= seconds:
                break


def rows(library: Path) -> tuple[np.ndarray, np.ndarray]:
    """Start and end in seconds of all stored rows, in order, also of those that belong to no item yet."""
    if not (library / "library.json").exists():
        return np.empty(0), np.empty(0)
    opened = Library(library)
    stored = [
        row
        for entry in opened.encoders()
        for sample in opened.item_vectors(entry.id, sorted(opened.vector_ids(entry.id))).values()
        for row in sample
    ]
    starts, ends = np.array([[row.segment.start, row.segment.end] for row in stored]).reshape(-1, 2).T
    order = np.argsort(starts)
    return starts[order], ends[order]


def read_s(library: Path) -> float:
    return float(rows(library)[1].max(initial=0.0))


if __name__ == "__main__":
    main()
