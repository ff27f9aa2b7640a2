"""Models that point at the words of an answer, compared with what transformers computes."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_models import save_tiny_question_model
from transformers import AutoModel, AutoModelForQuestionAnswering, AutoTokenizer

from core.ask import open_reader
from core.errors import EncoderError

QUESTION = "when is high tide"
PASSAGE = "the tide is high in late september. ships wait outside."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_question_model(tmp_path_factory.mktemp("model"))


def test_readings_are_the_best_spans_of_the_model(folder: Path) -> None:
    (readings,) = open_reader(str(folder)).read(QUESTION, [PASSAGE])
    tokenizer = AutoTokenizer.from_pretrained(folder)
    pieces = tokenizer(QUESTION, PASSAGE, return_tensors="pt", return_offsets_mapping=True)
    places = pieces.pop("offset_mapping")[0].tolist()
    model = AutoModelForQuestionAnswering.from_pretrained(folder).eval()
    with torch.inference_mode():
        output = model(**pieces)
    starts, ends = output.start_logits[0].double().numpy(), output.end_logits[0].double().numpy()
    inside = [number for number, owner in enumerate(pieces.sequence_ids(0)) if owner == 1]
    spans = {(a, b): starts[a] + ends[b] for a in inside for b in inside if a <= b < a + 30}
    first, last = max(spans, key=lambda span: spans[span])
    assert (readings[0].start, readings[0].end) == (places[first][0], places[last][1])
    total = np.exp([*spans.values(), starts[0] + ends[0]]).sum()
    assert readings[0].share == pytest.approx(np.exp(spans[first, last]) / total)


def test_readings_of_a_passage_do_not_overlap_and_add_up_to_one_at_most(folder: Path) -> None:
    for readings in open_reader(str(folder)).read(QUESTION, [PASSAGE, "short", PASSAGE * 30]):
        ordered = sorted(readings, key=lambda reading: reading.start)
        assert readings and all(a.end <= b.start for a, b in pairwise(ordered))
        assert 0 < sum(reading.share for reading in readings) <= 1 + 1e-9
        assert readings == sorted(readings, key=lambda reading: -reading.share)


def test_a_model_that_is_not_here_is_never_downloaded(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="no model for question answering on this machine"):
        open_reader("nobody/no-such-model")
    with pytest.raises(EncoderError, match="Give the folder of one"):
        open_reader(str(tmp_path))


def test_a_model_of_another_kind_is_refused(folder: Path, tmp_path: Path) -> None:
    AutoModel.from_pretrained(folder).save_pretrained(tmp_path)
    AutoTokenizer.from_pretrained(folder).save_pretrained(tmp_path)
    with pytest.raises(EncoderError, match="not trained for question answering"):
        open_reader(str(tmp_path))
