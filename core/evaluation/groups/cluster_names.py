"""Whether the names of clusters are right: said by the labels or captions of at least half of the members.

A name is said of a picture if each of its words is in a text of it, or there is a kind of it: "dog" by the label
"beagle", "person with a dog" by the caption "a man walks his terrier".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.evaluation.match.wordnet import WordNet
from core.explore.cluster_naming import ClusterName
from core.explore.clustering import Clusters

_WORD = re.compile(r"[^\W\d_]+")
_FUNCTION_WORDS = set("a an the in on of with at to and or from for by".split())
_ENDINGS = ("ers", "ing", "er", "ed", "es", "s")
_HALF = 0.5


@dataclass(frozen=True, slots=True)
class NameFigures:
    """Names of clusters. named: share of the clusters that have one; right: share of the names, both 0 to 1.

    wrong: names that are not right, with the share of the members of which they are said.
    """

    named: float
    right: float
    wrong: dict[str, float]


def measure_names(
    clusters: Clusters, names: Sequence[ClusterName], texts: Sequence[Sequence[str]], wordnet: WordNet | None
) -> NameFigures:
    """How many clusters are named, and how many names are right.

    Parameters
    ----------
    clusters : Clusters
        Of n pictures.
    names : sequence of ClusterName
    texts : sequence of sequence of str
        Labels or captions of each of the n pictures.
    wordnet : WordNet or None
        Without, a kind of a thing does not count as the thing.

    Returns
    -------
    NameFigures
    """
    words = [_find_words(entry) for entry in texts]
    shares = {
        number: sum(_is_said(name.name, words[row], wordnet) for row in clusters.members(number).tolist())
        / max(1, int(clusters.sizes[number]))
        for number, name in enumerate(names)
        if name.name is not None
    }
    return NameFigures(
        named=round(len(shares) / max(1, len(names)), 4),
        right=round(sum(share >= _HALF for share in shares.values()) / max(1, len(shares)), 4),
        wrong={str(names[number].name): round(share, 2) for number, share in shares.items() if share < _HALF},
    )


def group_texts(pairs: Sequence[tuple[str, str]], rows: Mapping[str, int]) -> list[list[str]]:
    """The texts of each picture of (picture, text), in the order of its row."""
    texts: list[list[str]] = [[] for _ in rows]
    for name, text in pairs:
        if name in rows:
            texts[rows[name]].append(text)
    return texts


def _find_words(texts: Sequence[str]) -> set[str]:
    """The words of texts, and the phrases of short ones such as labels."""
    words: set[str] = set()
    for text in texts:
        own = [word for word in _WORD.findall(text.lower()) if word not in _FUNCTION_WORDS]
        words.update(own, [" ".join(own[first:]) for first in range(len(own))] if len(own) <= 4 else [])
    return words


def _is_said(name: str | None, words: set[str], wordnet: WordNet | None) -> bool:
    parts = [part for part in _WORD.findall((name or "").lower()) if part not in _FUNCTION_WORDS]
    return bool(parts) and all(any(_matches(part, word, wordnet) for word in words) for part in parts)


def _matches(part: str, word: str, wordnet: WordNet | None) -> bool:
    return _stem(part) == _stem(word) or (wordnet is not None and wordnet.is_kind_of(word, part))


def _stem(word: str) -> str:
    """The word without its first ending that leaves three letters."""
    fits = (word.removesuffix(ending) for ending in _ENDINGS if word.endswith(ending) and len(word) - len(ending) >= 3)
    return next(fits, word)
