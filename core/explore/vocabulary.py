"""Vocabulary for the names of clusters: our word list, the class names of ImageNet, and words of the user."""

from __future__ import annotations

import importlib.resources
import re
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.config import get_home
from core.deprecated import task_keywords
from core.encoders.base import Encoder, Vectors
from core.encoders.prompts import embed_texts
from core.encoders.reference_prompts import embed_reference_prompts, get_reference_prior, get_reference_prompts
from core.encoders.text_cache import get_text_vectors
from core.progress import SILENT, Task
from core.search.query import PLAIN

USER_WORDS = "words.txt"  # in the home folder: one word or phrase per line, # begins a comment

_NARROW = 0.3
_MOST = 4  # vocabularies in memory, some 10 MB each, shared; the least recently used go first
_ARTICLE = re.compile(r"^(a|an|the) (?=\w)")
_REMARK = re.compile(r" \(.*\)$")
_lock = threading.Lock()
_shared: OrderedDict[tuple[str, tuple[str, ...]], Vocabulary] = OrderedDict()


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """m words. names: distinct. vectors: (m, dim) unit rows. prior: (m,) 0 to 1, lower for narrow words such as breeds
    of dogs, which rarely name a cluster. given: how many of the first are words of the user or the library."""

    names: tuple[str, ...]
    vectors: Vectors
    prior: NDArray[np.float32]
    given: int = 0


@task_keywords
def load_vocabulary(encoder: Encoder, *, more: Sequence[str] = (), task: Task = SILENT) -> Vocabulary:
    """The embedded vocabulary; embedding it takes some seconds, once per encoder.

    more: further words, such as the labels of a library. Words of the user are in `words.txt` in the home folder. The
    arrays are read-only; without `more` they are shared. Raises Cancelled.
    """
    own = (*load_user_words(), *load_nouns())
    extra = tuple(filter(None, (text.strip() for text in more)))
    if extra:
        return _embed(encoder, extra, own, task)
    key = encoder.id, own
    with _lock:
        if key in _shared:
            _shared.move_to_end(key)
            return _shared[key]
    words = _embed(encoder, (), own, task)
    with _lock:
        words = _shared.setdefault(key, words)  # another thread may have been first
        while len(_shared) > _MOST:
            _shared.popitem(last=False)
    return words


def _embed(encoder: Encoder, more: tuple[str, ...], own: tuple[str, ...], task: Task) -> Vocabulary:
    prompts = get_reference_prompts()
    texts = [*more, *own, *prompts]
    vectors = [
        embed_texts(encoder, more, templates=PLAIN),
        get_text_vectors(encoder, own, name="words", task=task),
        embed_reference_prompts(encoder, task=task),
    ]
    prior = np.where(get_reference_prior() < 1, np.float32(_NARROW), np.float32(1))
    prior = np.append(np.ones(len(texts) - len(prompts), np.float32), prior)
    names = [_REMARK.sub("", _ARTICLE.sub("", text)) for text in texts]
    first = np.unique([name.casefold() for name in names], return_index=True)[1]
    rows = np.sort(first)
    given = int((rows < len(texts) - len(prompts) - len(load_nouns())).sum())
    words = Vocabulary(tuple(names[row] for row in rows), np.concatenate(vectors)[rows], prior[rows], given)
    for array in (words.vectors, words.prior):
        array.setflags(write=False)
    return words


def load_nouns() -> tuple[str, ...]:
    """Our word list: things, people, activities, events, places and kinds of pictures."""
    return _lines(importlib.resources.files(__package__).joinpath("nouns.txt").read_text(encoding="utf-8"))


def load_user_words() -> tuple[str, ...]:
    """The lines of `words.txt` in the home folder; none if it is missing or not UTF-8."""
    try:
        return _lines((get_home() / USER_WORDS).read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError):
        return ()


def _lines(text: str) -> tuple[str, ...]:
    lines = (line.strip() for line in text.splitlines())
    return tuple(dict.fromkeys(line for line in lines if line and not line.startswith("#")))
