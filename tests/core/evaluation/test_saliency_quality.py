"""Where in a picture the embedded encoder finds what was asked for: two sample photos stand side by side."""

from __future__ import annotations

import pytest
from PIL import Image, ImageOps

from core import embed_texts, open_encoder
from core.geometry.saliency import compute_saliency
from core.library.samples.sources import sample_sources
from core.media.images import open_image

ASKED = {
    "chelsea.png": "a cat",
    "coffee.png": "a cup of coffee",
    "rocket.jpg": "a rocket",
    "flower.jpg": "a flower",
    "motorcycle.png": "a motorcycle",
    "coins.png": "coins",
    "handwriting.png": "handwriting",
    "chessboard.png": "a chessboard",
    "cameraman.png": "a man with a camera",
    "clock.png": "a clock",
}


@pytest.mark.slow
def test_the_half_that_holds_the_answer_is_the_hot_one() -> None:
    sources = sample_sources()
    if not ASKED.keys() <= sources.keys():
        pytest.skip("the sample photos cannot be had")
    encoder = open_encoder()
    squares = {name: ImageOps.fit(open_image(sources[name]).convert("RGB"), (256, 256)) for name in ASKED}
    names, found = list(ASKED), []
    for place, (name, words) in enumerate(ASKED.items()):
        side = place % 2
        both = Image.new("RGB", (512, 256))
        both.paste(squares[name], (256 * side, 0))
        both.paste(squares[names[place - 3]], (256 * (1 - side), 0))
        heat = compute_saliency(encoder, both, embed_texts(encoder, [words])[0])
        found.append((heat.peak[1] >= 4) == bool(side))
    assert sum(found) >= 9, dict(zip(names, found, strict=True))
