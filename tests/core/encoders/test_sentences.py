"""The encoder that compares texts with texts."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from core.encoders import Encoder
from core.encoders.sentences import open_sentence_encoder
from core.errors import EncoderError


def test_a_paraphrase_is_nearer_than_another_subject() -> None:
    encoder = open_sentence_encoder()
    vectors = encoder.encode_texts(
        ["How do loaves get bigger?", "Yeast makes dough rise.", "The court was silent.", ""]
    )
    assert vectors.shape == (4, encoder.dim) and vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    cosines = vectors @ vectors[0]
    assert cosines[1] > cosines[2]


def test_vectors_do_not_depend_on_the_batch() -> None:
    encoder = open_sentence_encoder()
    texts = ["short", "a much longer text " * 20, "middle sized text"]
    alone = np.concatenate([encoder.encode_texts([text]) for text in texts])
    np.testing.assert_allclose(encoder.encode_texts(texts), alone, atol=1e-4)
    assert encoder.encode_texts([]).shape == (0, encoder.dim)


def test_word_pieces_have_places_and_their_mean_is_the_text() -> None:
    encoder = open_sentence_encoder()
    texts = ["The foehn is a warm wind.", "Yeast makes dough rise, slowly."]
    for text, tokens, vector in zip(texts, encoder.encode_tokens(texts), encoder.encode_texts(texts), strict=True):
        pieces = [text[start:end].lower() for start, end in zip(tokens.starts, tokens.ends, strict=True)]
        assert "".join(pieces) == text.lower().replace(" ", "") and len(tokens.vectors) == len(pieces)
        mean = tokens.vectors.mean(axis=0)  # the marks of beginning and end are no words
        assert mean @ vector / np.linalg.norm(mean) > 0.95


def test_it_is_an_encoder_for_texts_alone() -> None:
    encoder = open_sentence_encoder()
    assert isinstance(encoder, Encoder)
    with pytest.raises(EncoderError, match="texts alone"):
        encoder.encode_images([Image.new("RGB", (8, 8))])
