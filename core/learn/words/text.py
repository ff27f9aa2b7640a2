"""A text as items and examples: its words, and for each place in it the words around."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from core.errors import DataError
from core.learn.source import FADE, MOST_HELD, Examples, Split
from core.learn.state import TrainingSettings

Context = Literal["before", "around"]
CONTEXTS: tuple[Context, ...] = get_args(Context)

MOST_WORDS = 1_000_000  # read of a text
MOST_DISTINCT = 3_000
FEWEST_DISTINCT = 12
_MIN_COUNT = 5  # a word that occurs less often tells too little
_WINDOW = 5  # words on either side
_FREQUENT = 1e-3  # share from which on occurrences of a word are thinned out
_HELD = 0.05  # share of the sentences that are held out
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n\s*\n|(?<=[。！？])")


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """n distinct words, most frequent first.

    Attributes
    ----------
    names : tuple of str
        In lower case.
    counts : array of int64, shape (n,)
    groups : tuple of tuple of str
        The subject of each word; empty if unknown.
    """

    names: tuple[str, ...]
    counts: NDArray[np.int64]
    groups: tuple[tuple[str, ...], ...]

    noun = "word"
    group_noun = "subject"

    def __len__(self) -> int:
        return len(self.names)

    @property
    def columns(self) -> dict[str, list[object]]:
        """word and count."""
        return {"word": [*self.names], "count": self.counts.tolist()}

    def name(self, number: int) -> str:
        """The word."""
        return self.names[number]

    def subset(self, numbers: Sequence[int] | NDArray[np.int64]) -> Vocabulary:
        """The words of these numbers, in their order."""
        chosen = [int(number) for number in numbers]
        return Vocabulary(
            tuple(self.names[number] for number in chosen),
            self.counts[chosen],
            tuple(self.groups[number] for number in chosen),
        )

    def features(self, settings: TrainingSettings) -> tuple[tuple[str, ...], NDArray[np.float32]]:
        """Words have no further input nodes."""
        return (), np.empty((len(self), 0), np.float32)


@dataclass(frozen=True, eq=False)
class Text:
    """The words of a text in their order.

    Attributes
    ----------
    words : Vocabulary
    tokens : array of int32, shape (t,)
        Numbers of words.
    sentences : array of int32, shape (t,)
        The sentence of each, ascending. Contexts end where it ends.
    source : str
        Title of the source.
    context : {"before", "around"}
        Whether a word is predicted from the five words before it (it is the next word), or from five on either side.
    simulated : bool
    notes : tuple of str
        Sentences about what was left out.
    """

    words: Vocabulary
    tokens: NDArray[np.int32]
    sentences: NDArray[np.int32]
    source: str
    context: Context = "before"
    simulated: bool = False
    notes: tuple[str, ...] = ()

    @property
    def items(self) -> Vocabulary:
        """The words."""
        return self.words

    def split(self, *, seed: int = 0) -> Split:
        """Each word with the words near it; a twentieth of the sentences is held out.

        Frequent words are thinned out: of a word with the share f, sqrt(0.001 / f) of the occurrences count (Mikolov et
        al. 2013). Raises DataError if no sentence has two words.
        """
        rng = np.random.default_rng(seed)
        share = self.words.counts / max(1, self.words.counts.sum())
        kept = rng.random(len(self.tokens)) < np.sqrt(_FREQUENT / share)[self.tokens]
        tokens, sentences = self.tokens[kept], self.sentences[kept]
        contexts, weights = _contexts(tokens, sentences, both=self.context == "around")
        complete = weights.any(axis=1)
        if not complete.any():
            raise DataError("There is nothing to learn: no sentence of the text has two words that occur often enough.")
        weights[complete] /= weights[complete].sum(axis=1, keepdims=True)
        aside = np.flatnonzero(rng.random(int(self.sentences.max()) + 1) < _HELD)
        is_held = np.isin(sentences, aside)

        def take(rows: NDArray[np.int64]) -> Examples:
            return Examples(contexts[rows], weights[rows], tokens[rows].astype(np.int64))

        learned, held = np.flatnonzero(complete & ~is_held), np.flatnonzero(complete & is_held)
        if not len(learned):
            learned, held = held, learned
        if len(held) > MOST_HELD:
            held = np.sort(rng.choice(held, MOST_HELD, replace=False))
        popularity = np.bincount(tokens[learned], minlength=len(self.words))
        return Split(
            take(learned), take(held), sp.csr_matrix((len(held), len(self.words)), dtype=np.float32), popularity
        )


def make_text(
    text: str,
    *,
    name: str = "The text",
    context: Context = "before",
    groups: Mapping[str, str] | None = None,
    simulated: bool = False,
) -> Text:
    """Reads a text: at most 1,000,000 words, of which the 3,000 most frequent that occur five times are items.

    Parameters
    ----------
    text : str
    name : str
        Title of the source.
    context : {"before", "around"}
        See `Text`.
    groups : mapping of str to str, optional
        The subject of words, where it is known.
    simulated : bool

    Returns
    -------
    Text
        Its `notes` say what was left out.

    Raises
    ------
    DataError
        It has too few words.
    """
    if context not in CONTEXTS:
        raise DataError(f"Unknown context {context}: choose one of {', '.join(CONTEXTS)}.")
    read: list[str] = []
    sentences: list[int] = []
    for number, sentence in enumerate(_SENTENCE.split(text)):
        words = [word.lower().replace("’", "'") for word in _WORD.findall(sentence)]
        read += words
        sentences += [number] * len(words)
        if len(read) > MOST_WORDS:
            break
    notes = [f"Only the first {MOST_WORDS:,} words were read."] if len(read) > MOST_WORDS else []
    read = read[:MOST_WORDS]
    counts = Counter(read)
    frequent = [(word, count) for word, count in counts.most_common(MOST_DISTINCT) if count >= _MIN_COUNT]
    if len(frequent) < FEWEST_DISTINCT:
        raise DataError(
            f"The text is too short: {len(frequent)} of its words occur {_MIN_COUNT} times, and {FEWEST_DISTINCT} are "
            "needed. Use a longer text; 100,000 words are good."
        )
    if len(frequent) < len(counts):
        notes.append(f"{len(frequent):,} of {len(counts):,} different words occur often enough to learn.")
    number_of = {word: number for number, (word, _) in enumerate(frequent)}
    numbers = np.array([number_of.get(word, -1) for word in read], np.int32)
    known = groups or {}
    words_with_groups = tuple((known[word],) if word in known else () for word, _ in frequent)
    vocabulary = Vocabulary(tuple(number_of), np.array([count for _, count in frequent], np.int64), words_with_groups)
    kept = numbers >= 0
    return Text(
        vocabulary, numbers[kept], np.array(sentences[: len(read)], np.int32)[kept], name, context, simulated,
        tuple(notes),
    )  # fmt: skip


def _contexts(
    tokens: NDArray[np.int32], sentences: NDArray[np.int32], *, both: bool
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """The words near each one within its sentence, (n, c), and their weights, 0 where there is none."""
    count = len(tokens)
    steps = [step for distance in range(1, _WINDOW + 1) for step in ((-distance, distance) if both else (-distance,))]
    contexts = np.zeros((count, len(steps)), np.int32)
    weights = np.zeros((count, len(steps)), np.float32)
    for column, step in enumerate(steps):
        at = np.arange(count) + step
        exists = (at >= 0) & (at < count)
        at = at.clip(0, max(0, count - 1))
        exists &= sentences[at] == sentences
        contexts[:, column] = np.where(exists, tokens[at], 0)
        weights[:, column] = exists * FADE ** (abs(step) - 1)
    return contexts, weights
