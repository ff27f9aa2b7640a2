"""Nouns of WordNet (Fellbaum 1998) and what they are kinds of, from its files, such as Debian's `wordnet-base`.

Only programs that measure names read it: "dog" is a right name for a beagle.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from core.errors import DataError

FOLDER = Path("/usr/share/wordnet")
_SENSES = 2  # the most frequent senses of a word: rarer ones make nearly everything a kind of everything
_ENDINGS = (("", ""), ("s", ""), ("es", ""), ("ies", "y"), ("men", "man"), ("ses", "s"))


class WordNet:
    """Kinds of things.

    Parameters
    ----------
    folder : Path
        With `index.noun`, `data.noun` and `noun.exc`.

    Raises
    ------
    DataError
        The files are missing.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        if not (folder / "data.noun").is_file():
            raise DataError(f"There is no WordNet in {folder}: install wordnet-base, or give the folder of its files.")
        self._folder = folder
        self._found: dict[str, frozenset[int]] = {}

    def is_kind_of(self, word: str, name: str) -> bool:
        """Whether a noun has a sense that is one of a name, or a kind of it: ("beagles", "dog")."""
        senses = self._find_senses(name)
        return bool(senses) and not senses.isdisjoint(self._find_hypernyms(word))

    def _find_senses(self, noun: str) -> frozenset[int]:
        noun = noun.lower().replace(" ", "_")
        for lemma in (noun, self._exceptions.get(noun, noun), *_strip_endings(noun)):
            if lemma in self._senses:
                return frozenset(self._senses[lemma][:_SENSES])
        return frozenset()

    def _find_hypernyms(self, noun: str) -> frozenset[int]:
        """Senses of a noun, and all that they are kinds of."""
        if noun not in self._found:
            open_, seen = list(self._find_senses(noun)), set[int]()
            while open_:
                sense = open_.pop()
                if sense not in seen:
                    seen.add(sense)
                    open_ += self._hypernyms.get(sense, ())
            self._found[noun] = frozenset(seen)
        return self._found[noun]

    @cached_property
    def _senses(self) -> dict[str, list[int]]:
        """Offsets of the senses of each lemma, the most frequent first."""
        senses = {}
        for line in self._lines("index.noun"):
            lemma, _, count, *rest = line.split()
            senses[lemma] = [int(offset) for offset in rest[len(rest) - int(count) :]]
        return senses

    @cached_property
    def _hypernyms(self) -> dict[int, list[int]]:
        hypernyms = {}
        for line in self._lines("data.noun"):
            fields = line.partition(" | ")[0].split()
            pointers = fields[4 + 2 * int(fields[3], 16) + 1 :]  # symbol, offset, part of speech, words
            pairs = zip(pointers[::4], pointers[1::4], strict=False)
            hypernyms[int(fields[0])] = [int(offset) for symbol, offset in pairs if symbol in ("@", "@i")]
        return hypernyms

    @cached_property
    def _exceptions(self) -> dict[str, str]:
        """Irregular plurals: children, child."""
        pairs = (line.split()[:2] for line in self._lines("noun.exc"))
        return {plural: singular for plural, singular in pairs}

    def _lines(self, name: str) -> list[str]:
        lines = (self._folder / name).read_text(encoding="utf-8").splitlines()
        return [line for line in lines if line and not line.startswith(" ")]


def _strip_endings(noun: str) -> list[str]:
    return [noun.removesuffix(plural) + singular for plural, singular in _ENDINGS if noun.endswith(plural)]
