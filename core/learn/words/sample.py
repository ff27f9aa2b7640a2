"""A simulated text: simple sentences about animals, food, jobs, countries, composed at random from `sample.txt`."""

from __future__ import annotations

import importlib.resources
import re
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from core.learn.words.text import Context, Text, make_text

WORDS = 100_000
_SLOT = re.compile(r"\{(?:(\w+)\.)?(\w+)\}")


@dataclass(slots=True)
class Section:
    """What a subject is written from. rows: a thing each, with the words of every column to choose from."""

    columns: tuple[str, ...]
    rows: list[list[list[str]]] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Grammar:
    """Sections by name, and the group of each word that has one."""

    sections: dict[str, Section]
    groups: dict[str, str]


@lru_cache(maxsize=1)
def load_grammar() -> Grammar:
    """Reads `sample.txt`, whose first lines say how it is written."""
    sections: dict[str, Section] = {}
    groups: dict[str, str] = {}
    names: tuple[str, ...] = ()
    text = importlib.resources.files("core.learn.words").joinpath("sample.txt").read_text("utf-8")
    for line in filter(None, text.splitlines()):
        if line.startswith("== "):
            name, _, heads = line[3:].partition(": ")
            parts = [head.partition(":") for head in heads.split()]
            names = tuple(group for _, _, group in parts)
            section = sections[name] = Section(tuple(column for column, _, _ in parts))
        elif line.startswith("> "):
            section.sentences.append(line[2:])
        elif not line.startswith("#"):
            row = [cell.split("/") for cell in line.split()]
            section.rows.append(row)
            for cell, group in zip(row, names, strict=True):
                for word in cell if group else ():
                    groups.setdefault(word.lower(), group)
    return Grammar(sections, groups)


def write_sample(*, words: int = WORDS, seed: int = 0) -> str:
    """Composes a text, one sentence after the other on random subjects. Deterministic given the seed.

    Parameters
    ----------
    words : int
        The text ends with the first sentence that reaches so many.
    seed : int

    Returns
    -------
    str
        A sentence a line.
    """
    rng = np.random.default_rng(seed)
    grammar = load_grammar()
    names = list(grammar.sections)
    things = np.array([len(section.rows) for section in grammar.sections.values()])  # each is equally frequent
    lines, count = [], 0
    while count < words:
        section = names[int(rng.choice(len(names), p=things / things.sum()))]
        line = _write_sentence(grammar, section, rng)
        lines.append(line)
        count += len(line.split())
    return "\n".join(lines)


def _write_sentence(grammar: Grammar, name: str, rng: np.random.Generator) -> str:
    section = grammar.sections[name]
    row = section.rows[rng.integers(len(section.rows))]

    def fill(slot: re.Match[str]) -> str:
        other, column = slot.groups()
        source = grammar.sections[other] if other else section
        thing = source.rows[rng.integers(len(source.rows))] if other else row
        choices = thing[source.columns.index(column)]
        return choices[rng.integers(len(choices))]

    line = _SLOT.sub(fill, section.sentences[rng.integers(len(section.sentences))])
    return line[0].upper() + line[1:]


def sample_text(*, words: int = WORDS, seed: int = 0, context: Context = "before") -> Text:
    """The simulated text of `write_sample`, with the subjects of its words."""
    text = write_sample(words=words, seed=seed)
    groups = load_grammar().groups
    return make_text(text, name="A simulated text", context=context, groups=groups, simulated=True)
