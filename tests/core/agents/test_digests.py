"""Agents ask questions and have things summarized: bounded, and of the library alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes import ColorEncoder

from core.agents.tools import LibraryTools
from core.ask import ask
from core.encoders.sentences import open_sentence_encoder
from core.errors import EncoderError, QueryError
from core.library import Library, ingest
from core.summarize import summarize_pictures

BRIDGE = "The old bridge over the river was built in 1850. It has five arches of grey stone. Children fish from it."


@pytest.fixture
def tools(library: Library, encoder: ColorEncoder, photos: Path) -> LibraryTools:
    try:
        open_sentence_encoder().encode_texts(["a"])
    except EncoderError as error:
        pytest.skip(f"the sentence encoder cannot be had: {error}")
    (photos / "bridge.txt").write_text(BRIDGE)
    ingest(library, encoder, [photos], texts=True)
    return LibraryTools(library, encoder)


@pytest.mark.slow
def test_a_question_is_answered_by_a_sentence_and_its_place(tools: LibraryTools) -> None:
    facts = tools.ask("When was the old bridge built?").facts
    assert facts["found"] and "1850" in facts["answers"][0]["sentence"]
    assert Path(facts["answers"][0]["path"]).name == "bridge.txt" and len(facts["answers"]) <= 5
    with pytest.raises(QueryError):
        tools.ask("?!")


@pytest.mark.slow
def test_texts_become_sentences_and_pictures_a_few(tools: LibraryTools) -> None:
    told = tools.summarize(["bridge.txt"], k=1).facts
    assert len(told["sentences"]) <= 1 and told["count"] == 3
    pictures = tools.summarize(k=3)
    assert len(pictures.facts["pictures"]) == 3 == len(pictures.pictures)
    both = tools.summarize(["bridge.txt", "red.png"]).facts
    assert both["pictures"] and both["sentences"]
    with pytest.raises(QueryError, match="not in the library"):
        tools.summarize(["/etc/passwd"])


@pytest.mark.slow
def test_replies_and_summaries_show_themselves(tools: LibraryTools, library: Library, encoder: ColorEncoder) -> None:
    html = ask(library, encoder, "When was the <old> bridge built?")._repr_html_()
    assert "1850" in html and "&lt;old&gt;" in html and "<script" not in html
    assert summarize_pictures(library, encoder, count=3)._repr_html_().count("<img") == 3
