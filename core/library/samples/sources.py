"""The photos of the sample library: where installed packages have them, and what they show."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from pathlib import Path

# package -> {file inside it: name in the library}
_PHOTOS: dict[str, dict[str, str]] = {
    "skimage": {
        "data/astronaut.png": "astronaut.png",
        "data/brick.png": "brick wall.png",
        "data/camera.png": "cameraman.png",
        "data/cell.png": "cell.png",
        "data/chelsea.png": "chelsea.png",
        "data/chessboard_RGB.png": "chessboard.png",
        "data/clock_motion.png": "clock.png",
        "data/coffee.png": "coffee.png",
        "data/coins.png": "coins.png",
        "data/grass.png": "grass.png",
        "data/gravel.png": "gravel.png",
        "data/horse.png": "horse.png",
        "data/hubble_deep_field.jpg": "hubble deep field.jpg",
        "data/ihc.png": "tissue.png",
        "data/moon.png": "moon.png",
        "data/motorcycle_left.png": "motorcycle.png",
        "data/page.png": "page.png",
        "data/retina.jpg": "retina.jpg",
        "data/rocket.jpg": "rocket.jpg",
        "data/text.png": "handwriting.png",
    },
    "sklearn": {"datasets/images/china.jpg": "china.jpg", "datasets/images/flower.jpg": "flower.jpg"},
    "matplotlib": {"mpl-data/sample_data/grace_hopper.jpg": "grace hopper.jpg"},
}

# Phrases that people would type to find a photo. Textures, medical images and a heavily blurred clock have none: they
# are found by picture.
_SUBJECTS = {
    "astronaut.png": "an astronaut",
    "brick wall.png": "a brick wall",
    "cameraman.png": "a man with a camera",
    "chelsea.png": "a cat",
    "chessboard.png": "a chessboard",
    "coffee.png": "a cup of coffee",
    "coins.png": "coins",
    "horse.png": "a horse",
    "hubble deep field.jpg": "stars and galaxies",
    "moon.png": "the surface of the moon",
    "motorcycle.png": "a motorbike",
    "page.png": "a page of text",
    "rocket.jpg": "a rocket",
    "handwriting.png": "handwriting",
    "china.jpg": "a pagoda",
    "flower.jpg": "a flower",
    "grace hopper.jpg": "a woman in uniform",
}

# What kind of photo each is, three or more of a kind: labels to measure methods on.
_KINDS = {
    "animal or plant": ("chelsea.png", "flower.jpg", "horse.png"),
    "medicine": ("cell.png", "retina.jpg", "tissue.png"),
    "person": ("astronaut.png", "cameraman.png", "grace hopper.jpg"),
    "space": ("hubble deep field.jpg", "moon.png", "rocket.jpg"),
    "texture": ("brick wall.png", "grass.png", "gravel.png"),
    "thing": ("chessboard.png", "clock.png", "coffee.png", "coins.png", "motorcycle.png"),
}

# By date the newest comes first, so the dates of the files put the colorful and everyday ones before the rest. Two know
# their own dates: the cat (2009) and the deep field (2012).
_FIRST = (
    "chelsea.png", "coffee.png", "flower.jpg", "motorcycle.png", "china.jpg", "rocket.jpg", "in town.mp4",
    "astronaut.png", "hubble deep field.jpg", "cats.md", "horse.png", "launch day.mp4", "grace hopper.jpg", "coins.png",
    "coffee.md", "cameraman.png", "on the desk.mp4", "chessboard.png", "moon.png", "retina.jpg", "upright.mp4",
    "rockets.md",
)  # fmt: skip
_LAST = (
    "tissue.png", "cell.png", "page.png", "handwriting.png", "clock.png", "grass.png", "brick wall.png", "gravel.png",
)  # fmt: skip


def sort_by_appeal(paths: Iterable[Path]) -> list[Path]:
    """Files of the sample library in the order in which people see them: what attracts first, textures last.

    Parameters
    ----------
    paths : iterable of Path

    Returns
    -------
    list of Path
    """
    places = {name: place for place, name in enumerate(_FIRST)}
    places |= {name: len(_FIRST) + 1 + place for place, name in enumerate(_LAST)}
    return sorted(paths, key=lambda path: (places.get(path.name, len(_FIRST)), path.name))


def sample_sources() -> dict[str, Path]:
    """Photos in installed packages; those that a release has dropped are left out.

    Returns
    -------
    dict of str to Path
        Files by their name in the library.
    """
    sources: dict[str, Path] = {}
    for package, files in _PHOTOS.items():
        spec = importlib.util.find_spec(package)
        if spec is None or spec.origin is None:
            continue
        folder = Path(spec.origin).parent
        sources.update({name: folder / file for file, name in files.items() if (folder / file).is_file()})
    return sources


def sample_subjects() -> dict[str, str]:
    """Phrases that people would search photos by; not all photos have one.

    Returns
    -------
    dict of str to str
        Phrases by the name in the library.
    """
    return {name: _SUBJECTS[name] for name in sample_sources() if name in _SUBJECTS}


def sample_kinds() -> dict[str, str]:
    """What kind of photo each is; not all are of one.

    Returns
    -------
    dict of str to str
        Kinds by the name in the library.
    """
    kinds = {name: kind for kind, names in _KINDS.items() for name in names}
    return {name: kinds[name] for name in sample_sources() if name in kinds}
