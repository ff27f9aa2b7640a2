"""Long documents in a library: python tools/measure_documents.py [--pages N] [--encoder NAME]

Makes two hours of subtitles, a PDF of N pages and an EPUB of as many chapters, each sentence with a number of its own.
Indexes each in a library of its own, and prints a line of JSON for it: passages, seconds of the processor for reading
and for the whole run, the most memory (MB) of the process that reads and what this process grew by, and how many of 50
sentences, spread over the document, have the right page, heading or second in the table of passages. Then what a second
run embeds, and with --stop, of a run that was stopped in the middle, how many the next one embeds.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "helpers"))

from documents import make_epub, make_pdf, make_srt

from core import Encoder, Library, ingest, open_encoder
from core.library.schema import Passage
from core.media.modalities import TEXT
from core.media.modality import Wish
from core.progress import Progress, Task

_CHECKS = 50
_SENTENCES = 12  # on a page
_CUE_S = 4.0
_TOPICS = ("the river", "a mill", "the old bridge", "a field of rye", "the harbour", "a copper mine", "the night train")
_DEEDS = ("was drawn on the map", "fell silent for a year", "was sold to a miller", "is older than the town")


@dataclass(frozen=True)
class Document:
    """A document to measure. is_right: whether a passage has the place of the sentence of a number."""

    name: str
    data: bytes
    sentences: int
    is_right: Callable[[Passage, int], bool]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=500)
    parser.add_argument("--stop", action="store_true")
    parser.add_argument("--encoder", default="embedded")
    options = parser.parse_args()
    encoder = open_encoder(options.encoder)
    encoder.encode_texts(["loads the encoder"])
    for document in (make_long_subtitles(), make_long_pdf(options.pages), make_long_epub(options.pages)):
        print(json.dumps({"document": document.name} | measure(document, encoder, stop=options.stop)), flush=True)


def say(number: int) -> str:
    """A sentence that no other is."""
    return f"In entry {number} {_TOPICS[number % 7]} {_DEEDS[number % 4]}, as the clerk of the parish wrote."


def make_long_pdf(pages: int) -> Document:
    """Pages of twelve sentences."""
    texts = ["\n".join(map(say, range(page * _SENTENCES, (page + 1) * _SENTENCES))) for page in range(pages)]

    def is_right(passage: Passage, number: int) -> bool:
        return passage.page is not None and 0 <= number // _SENTENCES + 1 - passage.page <= 1

    return Document("long.pdf", make_pdf(texts), pages * _SENTENCES, is_right)


def make_long_epub(chapters: int) -> Document:
    """Chapters of twelve sentences, each with a heading."""
    texts = [
        f"<h1>Chapter {chapter}</h1>"
        + "".join(f"<p>{say(number)}</p>" for number in range(chapter * _SENTENCES, (chapter + 1) * _SENTENCES))
        for chapter in range(chapters)
    ]
    return Document(
        "long.epub",
        make_epub(texts),
        chapters * _SENTENCES,
        lambda passage, number: passage.heading == f"Chapter {number // _SENTENCES}",
    )


def make_long_subtitles() -> Document:
    """Two hours with a sentence every four seconds."""
    cues = [(number * _CUE_S, number * _CUE_S + 3.5, say(number)) for number in range(int(7200 / _CUE_S))]

    def is_right(passage: Passage, number: int) -> bool:
        return passage.start_s is not None and abs(passage.start_s - number * _CUE_S) < 0.01

    return Document("long.srt", make_srt(cues), len(cues), is_right)


def measure(document: Document, encoder: Encoder, *, stop: bool) -> dict[str, Any]:
    """The figures of one document."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, document.name)
        path.write_bytes(document.data)
        with TEXT.decode(path, Wish()) as decoded:
            passages = sum(1 for _ in decoded.parts)
            reader_peak, read_s = look_at_reader()
        library, before, started = Library(Path(place, "library"), create=True), get_peak(), time.process_time()
        ingest(library, encoder, [path])
        figures = {
            "passages": passages,
            "read_s": read_s,
            "run_s": round(read_s + time.process_time() - started, 1),
            "reader_peak_mb": reader_peak,
            "grown_mb": get_peak() - before,
            "right_places": check_places(library, document),
            "checked": _CHECKS,
            "second_run_embedded": ingest(library, encoder, [path]).embedded,
        }
        return figures | (resume(Path(place, "stopped"), encoder, path) if stop else {})


def check_places(library: Library, document: Document) -> int:
    """Of 50 sentences spread over the document, how many have the right place in the first passage that has them."""
    (passages,) = library.passages(library.items()["id"].to_pylist()).values()
    right = 0
    for check in range(_CHECKS):
        number = check * (document.sentences - 1) // (_CHECKS - 1)
        found = next((passage for passage in passages if say(number) in passage.text), None)
        right += found is not None and document.is_right(found, number)
    return right


def resume(place: Path, encoder: Encoder, path: Path) -> dict[str, int]:
    """How many vectors a run embeds after one that was stopped in the middle, and how many there are then."""
    library, cancel = Library(place, create=True), threading.Event()

    def stop(progress: Progress) -> None:
        if progress.stage == "embed texts" and progress.total and progress.done > progress.total / 2:
            cancel.set()

    ingest(library, encoder, [path], task=Task(stop, cancel))
    second = ingest(library, encoder, [path])
    return {"embedded_after_stop": second.embedded, "vectors_then": second.vectors}


def get_peak() -> int:
    """MB that this process has had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def look_at_reader() -> tuple[int, float]:
    """MB that the process which reads has had at most, and its seconds of the processor, on Linux."""
    found = [(0, 0.0)]
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, KeyError):
            facts = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
            if int(facts["PPid"]) == os.getpid():
                times = (folder / "stat").read_text().rpartition(")")[2].split()
                seconds = (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")
                found.append((int(facts["VmHWM"].split()[0]) // 1024, round(seconds, 1)))
    return max(found)


if __name__ == "__main__":
    main()
