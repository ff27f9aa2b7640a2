"""What an earlier release made on disk opens and is used: a library, a head, a concept, a reduction; and links."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fakes import ColorEncoder
from recorded import DATA, fake_encoders

from core import Item, Library, ingest, open_encoder, parse_query, search
from core.errors import LibraryError
from core.library.schema import FORMAT_VERSION

WARM = {"red", "yellow", "orange"}
SHOWN_ANYWAY = {"beyond", "closed"}  # what these parameters of links asked for is now always there


@pytest.fixture
def before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of what was made; its pictures are gone, as after a move to another machine."""
    made = tmp_path / "made before"
    shutil.copytree(DATA / "made_before", made)
    monkeypatch.setenv("SEMBLANCE_HOME", str(made / "home"))
    with fake_encoders():
        yield made


def test_the_library_opens_and_is_searched(before: Path, encoder: ColorEncoder) -> None:
    library = Library(before / "library")
    hits = search(library, encoder, parse_query("red")).hits
    assert Path(hits[0].item.path).name == "red.png"
    assert len(library.items()) == 8


def test_it_is_upgraded_when_it_is_written_and_loses_nothing(before: Path, encoder: ColorEncoder) -> None:
    library = Library(before / "library")
    rows = library.items().to_pylist()
    assert library.about["format"] < FORMAT_VERSION and Item.from_row(rows[0]).rules is None
    ingest(library, encoder, [before / "home"])  # no pictures there: nothing else is written
    again = Library(before / "library")
    assert again.about["format"] == FORMAT_VERSION
    assert again.items().to_pylist() == [row | {"rules": None} for row in rows]
    assert again.counts()["ok"] == len(again.index(encoder)) == len(again.labels()) == 8


def test_its_labels_and_captions_are_there(before: Path) -> None:
    library = Library(before / "library")
    names = {row["id"]: Path(row["path"]).stem for row in library.items().to_pylist()}
    labels = {names[label.item_id]: (label.task, label.label, label.by) for label in library.labels()}
    assert labels == {name: ("warmth", "warm" if name in WARM else "cold", "person") for name in names.values()}
    assert {names[item_id]: text for item_id, text in library.captions()} == {
        name: f"all {name}" for name in names.values()
    }


def test_its_captions_find_pictures_and_writing_is_not_needed(
    before: Path, encoder: ColorEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = Library(before / "library")
    hits = search(library, encoder, parse_query("all of it is purple")).hits
    assert Path(hits[0].item.path).name == "purple.png"

    def refuse(*_: object) -> None:
        raise LibraryError("This library cannot be written.")

    monkeypatch.setattr(Library, "put_caption_vectors", refuse)
    shutil.rmtree(next(library.path.glob("caption_*")))
    again = search(Library(before / "library"), encoder, parse_query("red")).hits
    assert Path(again[0].item.path).name == "red.png"


def test_labels_can_still_be_put(before: Path) -> None:
    library = Library(before / "library")
    first = library.captions()[0][0]
    library.put_captions([(first, "another")])
    assert (first, "another") in Library(before / "library").captions()


def test_the_head_predicts(before: Path, encoder: ColorEncoder) -> None:
    from core.classify.heads import list_heads, load_head

    head = load_head(list_heads(encoder)["warmth"], encoder)
    vectors = encoder.encode_texts(["red", "blue", "orange"])
    predictions = head.probabilities(vectors).argmax(axis=1)
    assert [head.names[number] for number in predictions] == ["warm", "cold", "warm"]


def test_the_concept_is_a_word_of_a_query(before: Path, encoder: ColorEncoder) -> None:
    from core.search.concepts import load_concept

    assert load_concept(encoder, "glow").examples == 3
    hits = search(Library(before / "library"), encoder, parse_query("concept:glow")).hits
    assert Path(hits[0].item.path).stem in WARM


def test_the_reduction_opens_as_an_encoder(before: Path, encoder: ColorEncoder) -> None:
    from core.encoders.reduced import reduction_names

    (name,) = reduction_names()
    vectors = open_encoder(name).encode_texts(["red", "blue"])
    assert vectors.shape == (2, 4) and np.isfinite(vectors).all()


def test_the_parameters_of_kept_links_are_still_bound() -> None:
    """Wherever in the app their widgets are now; what their values do the tests of the pages tell."""
    root = Path(__file__).parents[2]
    bound = set()
    for source in [*(root / "ui").rglob("*.py"), *(root / "pages").rglob("*.py")]:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            given = {keyword.arg: keyword.value for keyword in node.keywords} if isinstance(node, ast.Call) else {}
            key = given.get("key")
            if "bind" in given and key is not None:  # f"{place}name": without a place, the parameter is the rest
                parts = key.values if isinstance(key, ast.JoinedStr) else [key]
                bound.add("".join(str(part.value) for part in parts if isinstance(part, ast.Constant)))
    cached = {line for line in (DATA / "recorded_links.txt").read_text().splitlines() if not line.startswith("#")}
    assert cached - SHOWN_ANYWAY <= bound
