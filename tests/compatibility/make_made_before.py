"""Made `tests/data/made_before`, which stays as it is: what an earlier release left on people's disks.

Kept to tell what is in it, and for a table of a later format: `python tests/make_made_before.py FOLDER`.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from fakes import COLORS, ColorEncoder
from PIL import Image

from core.classify.heads import save_head
from core.classify.training import fit_classes
from core.encoders.reduced import learn_reduction, save_reduction
from core.library import Library, ingest
from core.library.points import load_points
from core.library.schema import Label
from core.search.concepts import learn_concept, save_concept


def make(folder: Path) -> None:
    """Makes the library in `folder/library` and what is kept beside it in `folder/home`."""
    os.environ["SEMBLANCE_HOME"] = str(folder / "home")
    encoder = ColorEncoder()
    library = Library(folder / "library", create=True)
    with tempfile.TemporaryDirectory(prefix="photos") as photos:
        for name, color in COLORS.items():
            Image.new("RGB", (40, 40), color).save(Path(photos, f"{name}.png"))
        ingest(library, encoder, [photos])
    points = load_points(library, encoder)
    ids, paths = (points.column(name) for name in ("id", "path"))
    names = [Path(str(path)).stem for path in paths]
    warm = [name in ("red", "yellow", "orange") for name in names]
    library.put_labels(
        [
            Label(str(item_id), "warmth", "warm" if entry else "cold", "person")
            for item_id, entry in zip(ids, warm, strict=True)
        ]
    )
    library.put_captions([(str(item_id), f"all {name}") for item_id, name in zip(ids, names, strict=True)])
    head = fit_classes(encoder, "probe", points.vectors, ["warm" if entry else "cold" for entry in warm])
    save_head(head, encoder, "warmth")
    chosen = [number for number, entry in enumerate(warm) if entry]
    save_concept(learn_concept(encoder, "glow", points.vectors[chosen], points.vectors), encoder)
    save_reduction(learn_reduction(encoder, points.vectors, 4))


if __name__ == "__main__":
    make(Path(sys.argv[1]).resolve())
