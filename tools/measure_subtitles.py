"""Moments by subtitles: python tools/measure_subtitles.py [--questions DIR] [--encoder NAME]

The passages of a question set (`core.evaluation.search.texts`) are said in four films, at two and a half words a second
and in cues of up to seven words; the films show nothing but a color. Each question then searches the films. Its answer
is a sentence of a passage, whose first word has a known second. Prints a line of JSON: the share of the questions whose
best moment is in the right film and begins within a second of that sentence, or within its passage; the former among
the first five moments; of how many questions there is any moment by subtitles; all by kind; and how many of the
questions that nothing answers have one.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "helpers"))

from documents import make_srt
from media import write_video

from core import Encoder, Library, ingest, open_encoder, parse_query
from core.media.sampling import Sampling
from core.search.moments import Moment
from core.search.videos import search_videos

_FILMS = 4
_PER_WORD_S, _PAUSE_S = 0.4, 1.0
_WORDS = 7  # of a cue
_WITHIN_S = 1.0
_QUESTIONS = Path(__file__).resolve().parents[1] / "tests" / "data" / "questions"


@dataclass
class Film:
    """What is said in a film. cues: start, end, text. sentences: id of a passage -> start in seconds, text."""

    name: str
    length_s: float = 0.0
    cues: list[tuple[float, float, str]] = field(default_factory=list)
    sentences: dict[str, list[tuple[float, str]]] = field(default_factory=dict)

    def say(self, passage: str, text: str) -> None:
        """A passage at the end of the film so far, then a pause."""
        said = self.sentences[passage] = []
        for sentence in re.split(r"(?<=[.!?])\s+", text):
            said.append((self.length_s, sentence))
            words = sentence.split()
            for first in range(0, len(words), _WORDS):
                cue = words[first : first + _WORDS]
                start = self.length_s
                self.length_s += _PER_WORD_S * len(cue)
                self.cues.append((start, self.length_s, " ".join(cue)))
        self.length_s += _PAUSE_S


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=Path, default=_QUESTIONS)
    parser.add_argument("--encoder", default="embedded")
    options = parser.parse_args()
    encoder = open_encoder(options.encoder)
    with tempfile.TemporaryDirectory() as place:
        films = make_films(options.questions)
        library = index_films(Path(place), films, encoder)
        print(json.dumps(measure(library, encoder, films, options.questions)))


def make_films(questions: Path) -> list[Film]:
    """The passages, in turn in each of the films."""
    films = [Film(f"film {number}") for number in range(_FILMS)]
    for number, row in enumerate(read_rows(questions / "passages.jsonl")):
        films[number % _FILMS].say(row["id"], row["text"])
    return films


def index_films(place: Path, films: list[Film], encoder: Encoder) -> Library:
    """A library of the films and their subtitles."""
    for film in films:
        write_video(place / f"{film.name}.mp4", [("blue", film.length_s)], fps=1)
        (place / f"{film.name}.srt").write_bytes(make_srt(film.cues))
    library = Library(place / "library", create=True)
    ingest(library, encoder, [place], Sampling(0.1), texts=True)
    return library


def measure(library: Library, encoder: Encoder, films: list[Film], questions: Path) -> dict[str, object]:
    """The figures, see above."""
    found: dict[str, list[tuple[bool, ...]]] = defaultdict(list)
    for row in read_rows(questions / "questions.jsonl"):
        film, start_s = find_answer(films, row["passage"], row["answer"])
        first_s, last_s = (film.sentences[row["passage"]][place][0] for place in (0, -1))
        moments = find_moments(library, encoder, row["question"])
        places = [moment.start_s if name == film.name else -9.0 for name, moment in moments[:5]]
        right = [abs(place - start_s) <= _WITHIN_S for place in places]
        within = [first_s - _WITHIN_S <= place <= last_s + _WITHIN_S for place in places[:1]]
        found[row["kind"]].append((any(right[:1]), any(within), any(right), bool(moments)))
    every = [entry for entries in found.values() for entry in entries]
    others = [find_moments(library, encoder, row["question"]) for row in read_rows(questions / "unanswerable.jsonl")]
    return {
        "films_s": round(sum(film.length_s for film in films)),
        "all": summarize(every),
        **{kind: summarize(entries) for kind, entries in found.items()},
        "unanswerable_with_moment": round(sum(map(bool, others)) / max(1, len(others)), 3),
    }


def find_answer(films: list[Film], passage: str, answer: str) -> tuple[Film, float]:
    """The film that says an answer, and the second at which its sentence begins."""
    film = next(film for film in films if passage in film.sentences)
    words = set(answer.lower().split())
    return film, max(film.sentences[passage], key=lambda said: len(words & set(said[1].lower().split())))[0]


def find_moments(library: Library, encoder: Encoder, question: str) -> list[tuple[str, Moment]]:
    """The moments by subtitles with the names of their films, best first."""
    hits = search_videos(library, encoder, parse_query(question)).hits
    moments = [(Path(hit.item.path).stem, moment) for hit in hits for moment in hit.moments if moment.said]
    return sorted(moments, key=lambda entry: -entry[1].relevance)


def summarize(entries: list[tuple[bool, ...]]) -> dict[str, float]:
    """Shares of the questions, and of those with a moment."""
    right, within, of_five, some = (sum(entry[place] for entry in entries) for place in range(4))
    count = len(entries)
    shares = {"right": right, "right_passage": within, "right_of_5": of_five, "with_moment": some}
    return {name: round(number / count, 3) for name, number in shares.items()} | {
        "questions": count,
        "right_passage_where_any": round(within / max(1, some), 3),
    }


def read_rows(file: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


if __name__ == "__main__":
    main()
