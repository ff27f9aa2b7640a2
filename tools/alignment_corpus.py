"""What the steps of the training draw from: photos with the texts that say what they show, classes and nouns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from alignment_data import Captions, Photos
from alignment_wide import Wide
from alignment_words import broad_wordings, class_texts, defined_nouns, wordings
from numpy.typing import NDArray
from torch import Tensor

_REMARK = re.compile(r" \([^)]*\)$")  # "banjo (musical instrument)"
_GROUPS_OF_HARD = 4
Texts = list[Tensor]  # states below the adapted layers of the text tower
Keep = Callable[[Sequence[str]], Texts]


@dataclass(frozen=True)
class Source:
    """Photos, each with some texts.

    `identity`: photos with the same one are no negatives of each other. `group`: the set of each photo. `tuned`:
    features of the tuned branch (n, views, 1280) where they are computed before the training. `broad`: by set, a
    number of what all its photos show, and texts for that; sets with one number show the same.
    """

    photos: Photos
    texts: list[Texts]
    identity: NDArray[np.int64]
    group: NDArray[np.int64]
    tuned: NDArray[np.float16] | None = None
    broad: dict[int, tuple[int, Texts]] = field(default_factory=dict)

    def maps(self, rows: NDArray[np.int64], view: NDArray[np.int64]) -> Tensor:
        """Maps (n, places, channels) before the last block."""
        return (torch.from_numpy(self.photos.maps[rows, view]).float() - self.photos.zero) * self.photos.step

    def features(self, rows: NDArray[np.int64], view: NDArray[np.int64]) -> Tensor:
        """Features (n, 1280) of the original tower."""
        return torch.from_numpy(self.photos.features[rows, view].astype(np.float32))

    def tuned_features(self, rows: NDArray[np.int64], view: NDArray[np.int64]) -> Tensor:
        """Features (n, 1280) of the tuned branch; of the original tower where there are none."""
        features = self.photos.features if self.tuned is None else self.tuned
        return torch.from_numpy(features[rows, view].astype(np.float32))

    def draw_views(self, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
        return rng.integers(0, self.photos.features.shape[1], count)

    def draw_texts(self, rows: NDArray[np.int64], rng: np.random.Generator) -> Texts:
        return [self.texts[row][rng.integers(len(self.texts[row]))] for row in rows]

    def draw_broad_texts(self, rows: NDArray[np.int64], rng: np.random.Generator) -> tuple[Texts, NDArray[np.int64]]:
        """Broad texts, where the set of a photo has some; and identities, by which photos of one text are no negatives
        of each other."""
        texts, identity = self.draw_texts(rows, rng), self.identity[rows].copy()
        for place, group in enumerate(self.group[rows].tolist()):
            if group in self.broad:
                shown, words = self.broad[group]
                texts[place] = words[rng.integers(len(words))]
                identity[place] = len(self.identity) + shown  # beyond those of texts
        return texts, identity

    def draw_balanced(self, count: int, rng: np.random.Generator, *, hard: bool) -> NDArray[np.int64]:
        """Rows with the sets weighted by the square root of their size. hard: of a few sets alone, so that most
        negatives are of the photo's own set."""
        groups, sizes = np.unique(self.group, return_counts=True)
        chance = np.sqrt(sizes) / np.sqrt(sizes).sum()
        few = min(_GROUPS_OF_HARD, len(groups))
        if hard:
            drawn = np.resize(rng.choice(groups, few, replace=False, p=chance), count)
        else:
            drawn = rng.choice(groups, count, p=chance)
        return np.array([rng.choice(self._members(group)) for group in drawn])

    def _members(self, group: int) -> NDArray[np.int64]:
        return np.flatnonzero(self.group == group)


@dataclass(frozen=True)
class Corpus:
    """Flickr8k, the wide photos, the wordings of the 1,000 classes, and nouns with their definitions.

    `noun_meanings`, `definition_meanings`: sentences (384,) of these, of MiniLM without adapters.
    """

    flickr: Source
    wide: Source
    names: list[Texts]
    synonyms: list[Texts]
    nouns: list[Texts]
    definitions: Texts
    noun_meanings: list[Texts]
    definition_meanings: Texts

    def draw_class_texts(self, classes: NDArray[np.int64], rng: np.random.Generator) -> Texts:
        """Two thirds the plain name in a prompt, one third a synonym or a description."""
        pools = [self.names[c] if rng.random() < 0.65 else self.synonyms[c] for c in classes]
        return [pool[rng.integers(len(pool))] for pool in pools]


def build_corpus(
    flickr: Photos, captions: Captions, photos: Photos, wide: Wide, keep: Keep, mean: Callable[[Texts], Tensor]
) -> Corpus:
    """keep: runs the lower layers of the text tower over texts; mean: its upper ones, still without adapters."""
    own = np.arange(len(captions.photos))
    spoken = _by_photo(captions, lambda row, text: [text])
    told = _by_photo(
        wide.captions,
        lambda row, text: _all_wordings(text, wide.sets[row]) if wide.sets[row] in wide.labelled else [text],
    )
    first = [texts[0] for texts in _by_photo(wide.captions, lambda row, text: [_REMARK.sub("", text).lower()])]
    identity, group = (np.unique(values, return_inverse=True)[1] for values in (first, wide.sets))
    nouns, classes = defined_nouns(), class_texts()
    prompted, definitions = _kept([prompts for prompts, _ in nouns], keep), keep([text for _, text in nouns])
    return Corpus(
        Source(flickr, _kept(spoken, keep), own, np.zeros(len(own), np.int64)),
        Source(photos, _kept(told, keep), identity, group, broad=_broad(wide, group, keep)),
        _kept([names for names, _ in classes], keep),
        _kept([synonyms for _, synonyms in classes], keep),
        prompted,
        definitions,
        grouped(mean([text for prompts in prompted for text in prompts]), prompted),
        list(mean(definitions)),
    )


def _broad(wide: Wide, group: NDArray[np.int64], keep: Keep) -> dict[int, tuple[int, Texts]]:
    groups = dict(zip(wide.sets.tolist(), group.tolist(), strict=True))
    found: dict[int, tuple[int, Texts]] = {}
    for shown, (sets, words) in enumerate(broad_wordings()):
        found |= dict.fromkeys([groups[name] for name in sets if name in groups], (shown, keep(words)))
    return found


def _all_wordings(name: str, group: str) -> list[str]:
    plain = _REMARK.sub("", name)
    return wordings(name, group) if plain == name else [*wordings(plain, group), name]


def _by_photo(captions: Captions, worded: Callable[[int, str], list[str]]) -> list[list[str]]:
    texts: list[list[str]] = [[] for _ in captions.photos]
    for row, text in zip(captions.owner.tolist(), captions.texts, strict=True):
        texts[row] += worded(row, text)
    return texts


def _kept(texts: Sequence[Sequence[str]], keep: Keep) -> list[Texts]:
    return grouped(keep([text for some in texts for text in some]), texts)


def grouped(rows: Iterable[Tensor], groups: Sequence[Sequence[object]]) -> list[Texts]:
    """Rows in groups as large as those given."""
    supply = iter(rows)
    return [[next(supply) for _ in group] for group in groups]
