"""A hub encoder through the whole of core and the command line: still what transformers itself computes."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from PIL import Image
from streamlit.testing.v1 import AppTest
from tiny_models import save_tiny_clip, save_tiny_siglip
from visiting import component

from core.cli.main import main
from core.encoders import open_encoder
from core.library import Library, ingest
from core.library.registry import create_library
from core.library.samples.sources import sample_sources
from core.search.kinds import search
from core.search.query import PLAIN, parse_query

SAVE = {"clip": save_tiny_clip, "siglip": save_tiny_siglip}


@pytest.fixture(scope="module", params=SAVE)
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return SAVE[request.param](tmp_path_factory.mktemp("hub") / request.param)


@pytest.mark.slow
def test_index_search_and_eval_agree_with_transformers(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photos = dict(list(sample_sources().items())[:8])
    images = [Image.open(path).convert("RGB") for path in photos.values()]
    words = ["a cat", "a cup of coffee", "bricks"]
    reference = transformers.AutoModel.from_pretrained(model).eval()
    processor = transformers.AutoProcessor.from_pretrained(model, backend="pil")
    inputs = processor(text=words, images=images, padding="max_length", truncation=True, return_tensors="pt")
    with torch.no_grad():
        output = reference(**inputs)
    pictures = torch.nn.functional.normalize(output.image_embeds, dim=-1).numpy()
    texts = torch.nn.functional.normalize(output.text_embeds, dim=-1).numpy()

    command = ["index", *map(str, photos.values()), "--library", str(tmp_path / "library"), "--encoder", str(model)]
    assert main([*command, "--json", "--quiet"]) == 0
    assert json.loads(capsys.readouterr().out)["vectors"] == len(photos)

    encoder = open_encoder(str(model))
    index = Library(tmp_path / "library").index(encoder)
    order = [next(n for n in range(len(index)) if index.item(n).path == str(path)) for path in photos.values()]
    stored = index.vectors(np.array(order))
    assert (stored * pictures).sum(axis=1).min() > 0.999

    logits = output.logits_per_image
    expected = logits.softmax(dim=1) if encoder.scoring.activation == "softmax" else logits.sigmoid()
    probabilities = encoder.scoring.probabilities(stored @ encoder.encode_texts(words).T)
    np.testing.assert_allclose(probabilities, expected.numpy(), atol=0.02)

    command = ["search", words[0], "--library", str(tmp_path / "library"), "--all", "--no-templates", "--duplicates"]
    assert main([*command, "--json", "--quiet"]) == 0
    scores = {hit["path"]: hit["score"] for hit in json.loads(capsys.readouterr().out)["hits"]}
    for path, cosine in zip(photos.values(), pictures @ texts[0], strict=True):
        assert scores[str(path)] == pytest.approx(float(cosine), abs=0.01)


@pytest.mark.slow
def test_the_app_ranks_as_transformers_does(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEMBLANCE_HOME", str(tmp_path / "home"))
    photos = list(sample_sources().values())[:8]
    encoder = open_encoder(str(model))
    library = create_library("Photos")
    ingest(library, encoder, photos)
    reference = transformers.AutoModel.from_pretrained(model).eval()
    processor = transformers.AutoProcessor.from_pretrained(model, backend="pil")
    images = [Image.open(path).convert("RGB") for path in photos]
    inputs = processor(text=["bricks"], images=images, padding="max_length", truncation=True, return_tensors="pt")
    with torch.no_grad():
        output = reference(**inputs)
    cosines = torch.nn.functional.normalize(output.image_embeds, dim=-1) @ output.text_embeds[0]
    cosines /= output.text_embeds[0].norm()

    at = AppTest.from_file(str(Path(__file__).parents[3] / "app.py"), default_timeout=60)
    at.query_params.update({"library": "Photos", "encoder": str(model), "prompts": "false", "fold": "false"})
    at.run().button("linked encoder accepted").click().run()  # a link does not open a folder unasked
    at = at.text_input("q").set_value("bricks").run()
    assert not at.exception and not at.error
    shown = [card["name"] for entry in component(at, "cards") for card in entry["cards"]]
    found = dict(zip([path.name for path in photos], cosines.tolist(), strict=True))
    assert sorted(shown) == sorted(found)
    hits = search(library, encoder, parse_query("bricks"), templates=PLAIN, fold_duplicates=False).hits
    assert [Path(hit.item.path).name for hit in hits] == shown, "the page shows the order of core"
    assert {Path(hit.item.path).name: hit.score for hit in hits} == pytest.approx(found, abs=0.011)


def test_eval_zeroshot_by_folder_name(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number, color in enumerate(("red", "blue")):
        Image.new("RGB", (40, 40), color).save(tmp_path / f"{number}.png")
    with (tmp_path / "labels.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["image", "label"], ["0.png", "red"], ["1.png", "blue"]])
    command = ["eval", "zeroshot", "--images", str(tmp_path), "--labels", str(tmp_path / "labels.csv")]
    assert main([*command, "--encoder", str(model), "--json", "--quiet"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["classes"], report["images"]) == (2, 2)
