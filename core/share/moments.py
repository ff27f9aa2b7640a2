"""Exports moments: a table as CSV, clips as a zip, and timelines for editors (OTIO, CMX 3600 EDL)."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import quote

from core.deprecated import task_keywords
from core.errors import MediaError
from core.library.public.handout import check_handed_out
from core.progress import SILENT, Progress, Task
from core.utils.tables import Redact, csv_text
from core.utils.timecode import format_timecode

if TYPE_CHECKING:
    from core.library.schema import Item
    from core.search.moments import Moment
    from core.search.videos import VideoHit

_COLUMNS = ("rank", "video", "moment", "path", "start_s", "end_s", "peak_s", "score", "relevance", "likely", "said")
_RATES = (24000 / 1001, 24.0, 25.0, 30000 / 1001, 30.0, 50.0, 60000 / 1001, 60.0)  # that editors know
_NAME_LENGTH = 80


@dataclass(frozen=True, slots=True)
class _Row:
    """One moment: its place among all, that of its video, and that within the video, all from 1."""

    rank: int
    video: int
    place: int
    item: Item
    moment: Moment


def moments_csv(hits: Sequence[VideoHit], *, redact: Redact) -> str:
    """All moments as CSV with a header, best video first; score is a cosine, relevance a probability, times seconds,
    said what the subtitles say where a moment was found by them."""
    rows: list[tuple[object, ...]] = [_COLUMNS]
    for row in _rows(hits):
        moment = row.moment
        times = (f"{seconds:.3f}" for seconds in (moment.start_s, moment.end_s, moment.peak_s))
        scores = (f"{moment.score:.4f}", f"{moment.relevance:.4f}", int(moment.likely))
        rows.append((row.rank, row.video, row.place, row.item.path, *times, *scores, moment.said))
    return csv_text(rows, redact=redact)


@task_keywords
def write_moments_zip(hits: Sequence[VideoHit], target: BinaryIO, *, redact: Redact, task: Task = SILENT) -> list[str]:
    """Cuts each moment into an MP4, named by rank, video and time, and writes them and `moments.csv` into a zip.

    Progress is in seconds of video. Returns "path at time: reason" of those that could not be cut. Stops soon after
    `task` is cancelled; the rest is then left out.
    """
    from core.previews.clips import cut_clip  # loads FFmpeg

    rows, left_out = list(_rows(hits)), []
    total, done, stage = sum(_get_length(row.moment) for row in rows), 0.0, task.stage("cut", "seconds")

    def tell(now: Progress) -> None:
        stage.report(round(done + now.done), round(total))

    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED, strict_timestamps=False) as archive:  # video does not shrink
        for row in rows:
            try:
                check_handed_out(row.item)
                path, moment = Path(row.item.path), row.moment
                data = cut_clip(path, moment.start_s, moment.end_s, task=task.part(tell))
                archive.writestr(f"{_clip_name(row)}.mp4", data)
            except MediaError as error:
                left_out.append(f"{row.item.path} at {format_timecode(row.moment.start_s)}: {error}")
            done += _get_length(row.moment)
        archive.writestr("moments.csv", moments_csv(hits, redact=redact))
    return left_out


def moments_otio(hits: Sequence[VideoHit], *, redact: Redact) -> str:
    """An OpenTimelineIO timeline (JSON): one clip a moment, best first, a marker at its peak, each at its own rate."""
    import opentimelineio

    rates = _get_rates(hits)
    return str(opentimelineio.adapters.write_to_string(_make_timeline(hits, rates, rates, redact), "otio_json"))


def moments_edl(hits: Sequence[VideoHit], *, redact: Redact) -> str:
    """A CMX 3600 edit decision list, one event a moment, non-drop frame, sources counted from 00:00:00:00.

    An EDL has one rate, here the one that most videos have: where rates differ, times of the others are to the frame
    of that rate, and `moments_otio` is the better choice.
    """
    import opentimelineio

    rates = _get_rates(hits)
    if not rates:
        return "TITLE: Moments\n"
    usual = Counter(rates.values()).most_common(1)[0][0]
    known = min(_RATES, key=lambda rate: abs(rate - usual))
    nominal = float(round(known))
    # frames are counted at the true rate and written at the whole one: so does non-drop-frame timecode
    timeline = _make_timeline(hits, dict.fromkeys(rates, known), dict.fromkeys(rates, nominal), redact)
    return str(opentimelineio.adapters.write_to_string(timeline, "cmx_3600", rate=nominal))


# inside


def _rows(hits: Sequence[VideoHit]) -> Iterator[_Row]:
    rank = 0
    for video, hit in enumerate(hits, start=1):
        for place, moment in enumerate(hit.moments, start=1):
            rank += 1
            yield _Row(rank, video, place, hit.item, moment)


def _get_length(moment: Moment) -> float:
    return max(0.0, moment.end_s - moment.start_s)


def _clip_name(row: _Row) -> str:
    """Of letters that every system takes in a file name."""
    stem = re.sub(r'[\x00-\x1f\x7f<>:"/\\|?*]', "_", Path(row.item.path).stem)[:_NAME_LENGTH]
    return f"{row.rank:03d} {stem} {format_timecode(row.moment.start_s).replace(':', '.')}"


def _get_rates(hits: Sequence[VideoHit]) -> dict[str, float]:
    """Frames per second of each video, by path; one that cannot be read any more counts as 25."""
    from core.media.isolated import probe_isolated

    rates: dict[str, float] = {}
    for hit in hits:
        try:
            rate = probe_isolated(hit.item.path).fps or 25.0
        except MediaError:
            rate = 25.0
        nearest = min(_RATES, key=lambda known: abs(known - rate))
        rates[hit.item.path] = nearest if abs(nearest - rate) < 0.005 * nearest else rate
    return rates


def _make_timeline(
    hits: Sequence[VideoHit], counted: dict[str, float], written: dict[str, float], redact: Redact
) -> Any:
    """counted: frames per second by which seconds become frames; written: those that the timeline states. By path."""
    from opentimelineio.schema import Timeline, Track

    timeline, track = Timeline("Moments"), Track("V1", kind="Video")
    timeline.tracks.append(track)
    for row in _rows(hits):
        track.append(_make_clip(row, counted[row.item.path], written[row.item.path], redact))
    return timeline


def _make_clip(row: _Row, counted: float, written: float, redact: Redact) -> Any:
    from opentimelineio.opentime import RationalTime, TimeRange
    from opentimelineio.schema import Clip, ExternalReference, Marker, MarkerColor

    def span(start_s: float, end_s: float) -> TimeRange:
        start, end = round(start_s * counted), round(end_s * counted)
        return TimeRange(RationalTime(start, written), RationalTime(max(1, end - start), written))

    item, moment = row.item, row.moment
    path = Path(item.path)
    address = path.as_uri() if redact(item.path) == item.path else quote(redact(item.path))
    media = ExternalReference(address, span(0.0, max(item.duration_s or 0.0, moment.end_s)))
    name = re.sub(r"[\x00-\x1f\x7f]", "_", path.name)
    clip = Clip(name, media, span(moment.start_s, moment.end_s))
    clip.markers.append(Marker("peak", span(moment.peak_s, moment.peak_s), MarkerColor.GREEN))
    clip.metadata["cmx_3600"] = {"reel": "AX"}  # no tape: a file, which the comments name
    scores = {"score": float(moment.score), "relevance": float(moment.relevance), "likely": bool(moment.likely)}
    clip.metadata["semblance"] = {"rank": row.rank, **scores}
    return clip
