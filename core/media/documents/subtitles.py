"""Subtitles (.srt, .vtt): what is said, sentence by sentence, with its seconds.

A cue is a few words on the screen; a sentence goes over several. A block ends with a sentence, before a pause, or when
it has become long, so that its seconds are those of what it says.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from core.errors import MediaError
from core.media.documents.blocks import Block, Blocks, Source, decode, join_words, load
from core.media.modality import TextPlace

_TIMES = re.compile(r"\s*(?:(\d+):)?(\d+):(\d+)[.,](\d+)\s*-->\s*(?:(\d+):)?(\d+):(\d+)[.,](\d+)")
_TAGS = re.compile(r"<[^<>]*>|\{\\[^{}]*\}")
_ENDS = re.compile(r"""[.!?…。！？؟।]["'”’»)\]]*$""")
_PAUSE_S = 2.0
_LONGEST_S = 20.0


@dataclass(slots=True)
class _Cue:
    line: int
    start_s: float
    end_s: float
    texts: list[str] = field(default_factory=list)


def read_subtitles(source: Source) -> Blocks:
    """One block for each sentence or two. Raises MediaError if there are no subtitles in it."""
    lines = decode(load(source)).split("\n")
    group: list[_Cue] = []
    any_yet = False
    for cue in _read_cues(lines):
        any_yet = True
        if group and (cue.start_s - group[-1].end_s > _PAUSE_S or cue.end_s - group[0].start_s > _LONGEST_S):
            yield _join(group, len(lines))
            group = []
        group.append(cue)
        if _ENDS.search(cue.texts[-1]):
            yield _join(group, len(lines))
            group = []
    if group:
        yield _join(group, len(lines))
    if not any_yet:
        raise MediaError("It holds no subtitles with times such as 00:01:02,500 --> 00:01:04,000.")
    return None


def _join(group: list[_Cue], count: int) -> Block:
    first, last = group[0], group[-1]
    text = " ".join(text for cue in group for text in cue.texts)
    place = TextPlace(line=first.line, start_s=first.start_s, end_s=max(cue.end_s for cue in group))
    return Block(text, place, is_whole=True, share=last.line / count)


def _read_cues(lines: list[str]) -> Iterator[_Cue]:
    """The cues with words. What the one before says already, as in subtitles that roll, is left out."""
    cue: _Cue | None = None
    before: list[str] = []
    for number, line in enumerate([*lines, ""], start=1):
        if times := _TIMES.match(line):
            start_s, end_s = _seconds(times.groups()[:4]), _seconds(times.groups()[4:])
            cue = _Cue(number, start_s, max(start_s, end_s))
        elif cue is not None and line.strip():
            if text := join_words(html.unescape(_TAGS.sub("", line))):
                cue.texts.append(text)
        elif cue is not None:
            said, cue.texts = cue.texts, [text for text in cue.texts if text not in before]
            before = said
            if cue.texts:
                yield cue
            cue = None


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = (part or "0" for part in parts)
    return int(hours) * 3600.0 + int(minutes) * 60 + int(seconds) + float(f"0.{fraction}")
