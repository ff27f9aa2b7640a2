"""Measures an embedding of words that is learned from a text: pairs of words that belong together, and analogies."""

from __future__ import annotations

import importlib.resources
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import DataError
from core.learn.metrics import K
from core.learn.state import Embedding, TrainingSettings
from core.learn.words.documents import read_text
from core.learn.words.probes import find_odd_one_out, solve_analogy
from core.learn.words.sample import sample_text
from core.learn.words.text import Context, Text, Vocabulary
from core.progress import SILENT, Task
from core.tables.table_reader import read_table

Pair = tuple[str, str]

# a is to b as c is to d: of different kinds of relation, from general knowledge
ANALOGIES = (
    "king queen prince princess", "father mother uncle aunt", "actor actress waiter waitress",
    "brother sister husband wife", "man woman boy girl", "king queen wizard witch", "cow calf horse foal",
    "dog puppy cat kitten", "hen chick duck duckling", "lion cub bear cub", "france paris italy rome",
    "japan tokyo peru lima", "germany berlin spain madrid", "france french italy italian",
    "doctor hospital teacher school", "baker bakery pilot airport", "judge court farmer farm", "hat head shoe foot",
    "glove hand scarf neck",
    "train track car road",
)  # fmt: skip
# the last one does not belong
ODD = (
    "apple pear plum train", "monday friday sunday paris", "cow goat horse violin", "red blue green doctor",
    "rain snow fog butter", "car truck bus sorrow", "lion tiger wolf sofa", "france china egypt shoe",
    "doctor teacher baker banana", "violin flute trumpet eagle",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class WordsReport:
    """What an embedding of words learned; all shares from 0 to 1.

    Attributes
    ----------
    words, distinct
        Words of the text, and different ones that are learned.
    pairs
        Pairs whose words are both among them.
    found
        Share of the pairs whose second word is among the ten nearest of the first.
    untrained, one_hot, chance
        The same before training; where each word is a dimension of its own, so that all are equally far apart; and of
        random neighbors.
    closer
        Share of other words that are farther from the first word of a pair than the second, on average. By chance, and
        for one-hot vectors, 0.5.
    analogies, analogies_first, analogies_in_five
        Analogies that were asked, and the shares that were answered first or in five.
    odd, odd_right
        Groups of four with one odd word, and the share that was right.
    same_group, same_group_chance
        Share of the ten nearest words with the same subject; None if subjects are unknown.
    recall, recall_frequent
        Held-out words among ten guesses, and among the ten most frequent words.
    losses
        Cross-entropy in nats, untrained, then of each epoch.
    seconds, cpu_seconds
        Of the training with all that is measured at each epoch.
    """

    words: int
    distinct: int
    pairs: int
    found: float
    untrained: float
    one_hot: float
    chance: float
    closer: float
    analogies: int
    analogies_first: float
    analogies_in_five: float
    odd: int
    odd_right: float
    same_group: float | None
    same_group_chance: float | None
    recall: float | None
    recall_frequent: float | None
    losses: tuple[float, ...]
    seconds: float
    cpu_seconds: float


def evaluate_words(
    *,
    text: Path | None = None,
    pairs: Path | None = None,
    context: Context = "before",
    settings: TrainingSettings | None = None,
    epochs: int = 20,
    task: Task = SILENT,
) -> WordsReport:
    """Learns an embedding of words and measures it.

    Parameters
    ----------
    text : Path, optional
        A text file; the simulated text by default.
    pairs : Path, optional
        A table with the columns word and partner, of words that belong together; 50 pairs by default, whose words are
        those of the simulated text.
    context : {"before", "around"}
    settings : TrainingSettings, optional
    epochs : int
    task : Task, optional

    Returns
    -------
    WordsReport

    Raises
    ------
    DataError
        A file cannot be read, or the text has no pair.
    Cancelled
    """
    from core.learn.train import Training  # loads torch

    settings = settings or TrainingSettings()
    source = _read(text, context, settings.seed)
    known = _known_pairs(source.words, read_pairs(pairs))
    training = Training(source, settings)
    wall, spent = time.perf_counter(), time.process_time()
    for _ in training.run(epochs, task=task):
        pass
    task.check("Stopped before the words were measured.")
    seconds, cpu_seconds = time.perf_counter() - wall, time.process_time() - spent
    first, last, base = training.epochs[0], training.epochs[-1], training.baselines
    one_hot = np.eye(len(source.words), dtype=np.float32)
    ranks, before = rank_partners(last.embedding, known), rank_partners(first.embedding, known)
    others = len(source.words) - 1
    answers, odd = _ask_analogies(source.words, last.embedding), _ask_odd(source.words, last.embedding)
    return WordsReport(
        words=len(source.tokens), distinct=len(source.words), pairs=len(known),
        found=float((ranks <= K).mean()), untrained=float((before <= K).mean()),
        one_hot=float(_share_of_ties(one_hot, known)), chance=min(1.0, K / others),
        closer=float(1 - ((ranks - 1) / max(1, others - 1)).mean()),
        analogies=len(answers), analogies_first=_mean([rank == 1 for rank in answers]),
        analogies_in_five=_mean([0 < rank <= 5 for rank in answers]), odd=len(odd), odd_right=_mean(odd),
        same_group=last.same_group, same_group_chance=base.same_group, recall=last.recall, recall_frequent=base.popular,
        losses=tuple(round(epoch.loss, 4) for epoch in training.epochs), seconds=seconds, cpu_seconds=cpu_seconds,
    )  # fmt: skip


def read_pairs(path: Path | None = None) -> list[Pair]:
    """Pairs of words that belong together, from a table or the 50 that Semblance brings. Raises DataError."""
    if path is None:
        data = importlib.resources.files("core.evaluation").joinpath("words.csv").read_bytes()
        table = read_table(data)
    else:
        table = read_table(path)
    words, partners = (table.texts(column) for column in table.require("word", "partner"))
    return [(word.lower(), partner.lower()) for word, partner in zip(words, partners, strict=True)]


def rank_partners(embedding: Embedding, pairs: Sequence[tuple[int, int]]) -> np.ndarray:
    """The rank of each second word among all others by distance from the first: 1 is the nearest, ties half."""
    ranks = []
    for word, partner in pairs:
        distances = ((embedding - embedding[word]) ** 2).sum(axis=1)
        others = np.delete(distances, word)
        own = distances[partner]
        ranks.append(1 + (others < own).sum() + ((others == own).sum() - 1) / 2)
    return np.array(ranks, float)


def _share_of_ties(embedding: Embedding, pairs: Sequence[tuple[int, int]]) -> float:
    """The expected share of partners among the ten nearest, where all others are equally near: a lottery."""
    hits = []
    for word, partner in pairs:
        distances = np.delete(((embedding - embedding[word]) ** 2).sum(axis=1), word)
        own = ((embedding[partner] - embedding[word]) ** 2).sum()
        nearer, equal = int((distances < own).sum()), int((distances == own).sum())
        hits.append(min(1.0, max(0, K - nearer) / equal))
    return float(np.mean(hits))


def _read(path: Path | None, context: Context, seed: int) -> Text:
    if path is None:
        return sample_text(context=context, seed=seed)
    try:
        return read_text(path.read_bytes(), name=path.name, context=context)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error


def _known_pairs(words: Vocabulary, pairs: Sequence[Pair]) -> list[tuple[int, int]]:
    numbers = {name: number for number, name in enumerate(words.names)}
    known = [(numbers[a], numbers[b]) for a, b in pairs if a in numbers and b in numbers]
    if not known:
        raise DataError("None of the pairs is of words that the text has often enough: give others.")
    return known


def _ask_analogies(words: Vocabulary, embedding: Embedding) -> list[int]:
    """For each analogy whose words are known the rank of the right answer in five, 0 if it is not there."""
    numbers = {name: number for number, name in enumerate(words.names)}
    ranks = []
    for line in ANALOGIES:
        asked = [numbers.get(word) for word in line.split()]
        if None in asked:
            continue
        a, b, c, right = (int(number) for number in asked if number is not None)
        found = [number for number, _ in solve_analogy(embedding, a, b, c)]
        ranks.append(found.index(right) + 1 if right in found else 0)
    return ranks


def _ask_odd(words: Vocabulary, embedding: Embedding) -> list[bool]:
    """For each group whose words are known whether the odd one was found: the one of another subject."""
    numbers = {name: number for number, name in enumerate(words.names)}
    right = []
    for line in ODD:
        listed = line.split()
        if all(word in numbers for word in listed):
            found, _ = find_odd_one_out(embedding, [numbers[word] for word in listed])
            right.append(words.name(found) == listed[-1])
    return right


def _mean(values: Sequence[bool]) -> float:
    return float(np.mean(values)) if values else 0.0
