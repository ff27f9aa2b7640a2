"""The app after an update that brought new weights: libraries, links, concepts, heads and reductions of before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import ColorEncoder
from PIL import Image
from visiting import LIBRARY, SEARCH, cards, labels, press, said, settled, visit
from weights import EARLIER, NEWEST, TurnedEncoder, new_weights

import ui.session.encoders
from core import Library, open_encoder
from core.classify.heads import save_head
from core.classify.training import fit_classes
from core.config import save_settings
from core.library import find_weights, get_reduction, load_points, reembed, store_reduced
from core.library.schema import Label
from core.search.concepts import learn_concept_of_items, save_concept

CLASSIFY, DIMENSIONS = "pages/classify.py", "pages/dimensions.py"
WARM = {"red", "yellow", "orange"}
NOTE = "This library was made with earlier weights. Search works; embed again (8 items) to get the better ones."

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("world")]


@pytest.fixture
def newest(colours: Library, monkeypatch: pytest.MonkeyPatch) -> Iterator[TurnedEncoder]:
    """The app knows the weights that come after the library Colours was made."""
    monkeypatch.setattr(ui.session.encoders, "open_encoder", lambda name, **_: open_encoder(name))
    save_settings(encoder="colour")
    with new_weights() as encoder:
        yield encoder


def test_the_page_library_says_so_and_embeds_again(colours: Library, newest: TurnedEncoder) -> None:
    assert cards(visit(SEARCH, library="Colours", encoder="colour", q="red"))[0] == "red.png"
    at = visit(LIBRARY, library="Colours")
    assert NOTE in said(at), said(at)
    at = settled(press(at, "Embed again"))
    assert "Embedding again: done" in said(at) and "earlier weights" not in said(at)
    assert [entry.id for entry in colours.encoders()] == [NEWEST]
    for link in ({"encoder": "colour"}, {}):
        assert cards(visit(SEARCH, library="Colours", q="red", **link))[0] == "red.png", (
            "the link and the settings go on"
        )


def test_a_link_may_name_the_weights(colours: Library, newest: TurnedEncoder) -> None:
    at = visit(SEARCH, library="Colours", encoder=EARLIER, q="red")
    assert cards(at)[0] == "red.png" and "Colours, earlier weights" in at.selectbox("encoder_pick").options
    reembed(colours, newest)
    assert "not embedded with this encoder yet" in said(visit(SEARCH, library="Colours", encoder=EARLIER, q="red"))


def test_it_is_not_said_of_libraries_with_the_newest(colours: Library, newest: TurnedEncoder) -> None:
    reembed(colours, newest)
    at = visit(LIBRARY, library="Colours")
    assert "earlier weights" not in said(at) and "Embed again" not in labels(at)


def test_the_choice_of_vectors_to_export_follows(colours: Library, newest: TurnedEncoder) -> None:
    at = visit(LIBRARY, library="Colours")
    reembed(colours, newest)
    at = at.run().run()
    assert [at.selectbox("export_encoder").value] == at.selectbox("export_encoder").options


def test_visitors_of_a_public_server_are_not_asked(
    colours: Library, newest: TurnedEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEMBLANCE_PUBLIC", "1")
    at = visit(LIBRARY, library="Colours", encoder="colour")
    assert "earlier weights" not in said(at) and find_weights(colours, "colour") != "colour"
    assert cards(visit(SEARCH, library="Colours", encoder="colour", q="red"))[0] == "red.png"


def test_new_files_are_found_before_the_rest_is_embedded_again(
    colours: Library, photos: Path, newest: TurnedEncoder
) -> None:
    Image.new("RGB", (90, 60), (170, 20, 60)).save(photos / "ruby.png")
    settled(press(visit(LIBRARY, library="Colours"), "Check for changes"))
    assert set(cards(visit(SEARCH, library="Colours", q="red"))[:2]) == {"red.png", "ruby.png"}


def test_python_lines_open_the_same_weights(colours: Library, newest: TurnedEncoder) -> None:
    assert "open_encoder('colour-1')" in said(visit(SEARCH, library="Colours", q="red"))


def test_concepts_and_heads_are_learned_again(colours: Library, encoder: ColorEncoder, newest: TurnedEncoder) -> None:
    names = {row["id"]: Path(row["path"]).stem for row in colours.items().to_pylist()}
    warm = {item_id: "warm" if name in WARM else "cold" for item_id, name in names.items()}
    colours.put_labels([Label(item_id, "warmth", label, "person") for item_id, label in warm.items()])
    points = load_points(colours, encoder)
    targets = [warm[str(item_id)] for item_id in points.column("id")]
    save_head(fit_classes(encoder, "probe", points.vectors, targets), encoder, "warmth")
    glowing = [item_id for item_id, label in warm.items() if label == "warm"]
    save_concept(learn_concept_of_items(colours, encoder, "glow", glowing), encoder)
    assert "Made before" not in str(visit(CLASSIFY, library="Colours", head="warmth"))
    settled(press(visit(LIBRARY, library="Colours"), "Embed again"))
    assert "made with earlier weights" in said(visit(SEARCH, library="Colours", q="concept:glow"))
    at = visit(CLASSIFY, library="Colours")
    at.button("again concept glow").click().run()
    at.button("again head warmth").click().run()
    assert not at.exception and at.selectbox("head").value == "warmth"
    glowing = cards(visit(SEARCH, library="Colours", q="concept:glow"))
    assert {name.partition(".")[0] for name in glowing[: len(WARM)]} == WARM


def test_reductions_are_stored_again(colours: Library, encoder: ColorEncoder, newest: TurnedEncoder) -> None:
    before = store_reduced(colours, encoder, get_reduction(colours, encoder, 6))
    reembed(colours, newest)
    assert cards(visit(SEARCH, library="Colours", encoder=before.name, q="red"))[0] == "red.png"
    at = visit(DIMENSIONS, library="Colours")
    assert "made with earlier weights" in said(at)
    at = settled(press(at, "Store it again"))
    assert "made with earlier weights" not in said(at)
    assert before.id not in {entry.id for entry in colours.encoders()}
    assert cards(visit(SEARCH, library="Colours", encoder=before.name, q="red"))[0] == "red.png", "its links go on"
