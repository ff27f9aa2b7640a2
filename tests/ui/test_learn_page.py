"""Learn an embedding, as a visitor meets it: nothing before Start, curves while it learns, one movie afterwards."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest
from visiting import labels, press, said, visit

from core.learn.movies import Watched
from core.learn.simulate import simulate
from core.learn.words import Text, sample_text

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("world", "few_viewers")]
PAGE = "pages/learn.py"
_SIMULATE = importlib.import_module("core.learn.simulate")  # `core.learn.simulate` is its function
RATINGS = b"userId,movieId,timestamp\n" + b"".join(
    b"%d,%d,%d\n" % (user, (user + step) % 12, step) for user in range(20) for step in range(8)
)
MOVIES = b"movieId,title,genres\n" + b"".join(
    b'%d,"<b>Movie* %d (19%d0)",%s\n' % (each, each, each % 10, b"War|Drama" if each % 2 else b"Comedy")
    for each in range(12)
)


@pytest.fixture
def few_viewers(monkeypatch: pytest.MonkeyPatch) -> None:
    def few() -> Watched:
        return simulate(viewers=150, watched=25)

    monkeypatch.setattr(_SIMULATE, "simulate", few)


def learned(at: AppTest) -> AppTest:
    """Waits until the training rests."""
    deadline = time.monotonic() + 60
    while "Stop" in labels(at):
        assert time.monotonic() < deadline, "it does not end"
        time.sleep(0.1)
        at.run()
    return at.run()


def charts(at: AppTest) -> int:
    return len(at.get("plotly_chart"))


def test_nothing_is_learned_before_somebody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(_SIMULATE, "simulate")
    at = visit(PAGE)
    assert "Simulated." in said(at) and "Start" in labels(at)
    assert charts(at) == 1 and "how the map forms" in said(at), "a training that ended stands there"
    assert not charts(visit(PAGE, learn_from="a file of ratings")) and not charts(visit(PAGE, subject="words"))


def test_a_training_shows_curves_a_map_and_one_movie() -> None:
    at = learned(press(visit(PAGE, epochs="3", movie="Alien (1979)"), "Start"))
    assert at.metric[0].value == "3" and "times chance" in at.metric[1].delta
    assert charts(at) == 5, "two curves, the map over epochs, the network and the place"
    assert "150 viewers, 521 movies" in said(at) and "The layer never gets a genre" in said(at)
    assert "**Alien 1979**" in said(at).replace("(", "").replace(")", "") and "are its coordinates" in said(at)
    assert "Nearest before training" in said(at) and "Nearest after 3 epochs" in said(at)
    at = learned(press(at, "Continue for 3"))
    assert at.metric[0].value == "6"
    at = at.selectbox("movie").set_value("Casablanca (1942)").run()
    assert "**Casablanca (1942)** · Romance" in said(at)


def test_more_dimensions_are_shown_as_bars_and_joined_genres_are_told() -> None:
    at = learned(press(visit(PAGE, epochs="1", d="8", negatives="5", joined="genres"), "Start"))
    assert charts(at) == 4 and "These 8 numbers are its embedding" in said(at)
    assert "it is no discovery" in said(at)
    at = at.select_slider("d").set_value(16).run()
    assert "These results have other settings" in said(at) and "These 8 numbers" in said(at)


def test_a_training_is_stopped_and_continued() -> None:
    at = press(visit(PAGE, epochs="50"), "Start")
    assert "Stop" in labels(at)
    at = learned(press(at, "Stop"))
    before = int(at.metric[0].value) if at.metric else 0
    assert before < 50
    if at.metric:
        at = learned(press(at.slider("epochs").set_value(1).run(), "Continue for 1"))
        assert int(at.metric[0].value) == before + 1


def uploaded(*files: tuple[str, bytes]) -> AppTest:
    at = visit(PAGE, learn_from="a file of ratings", epochs="2")
    assert next(button for button in at.button if button.label == "Start").disabled
    at.file_uploader[0].set_value([(name, data, "text/csv") for name, data in files]).run()
    return learned(press(at, "Start"))


def test_ratings_of_ones_own_are_learned_from() -> None:
    at = uploaded(("ratings.csv", RATINGS), ("movies.csv", MOVIES))
    assert "20 viewers, 12 movies" in said(at) and "Simulated viewers" not in said(at) and "<b>Movie* " in said(at)
    assert "the recall is unreliable" in said(at)
    at = uploaded(("ratings.csv", RATINGS))
    assert "titles and genres are unknown" in said(at) and "movie 3" in said(at) and charts(at) == 5


@pytest.mark.parametrize(
    ("data", "why"),
    [(b"userId,movieId\n1,1\n", "nothing to learn"), (b"a,b\n1,2\n", "userId"), (b"", "cannot be read")],
)
def test_what_cannot_be_learned_from_is_told(data: bytes, why: str) -> None:
    at = uploaded(("ratings.csv", data))
    assert why in said(at) and not charts(at)


def test_one_viewer_is_enough_to_see_something() -> None:
    rows = b"userId,movieId\n" + b"".join(b"1,%d\n" % entry for entry in range(6))
    at = uploaded(("ratings.csv", rows))
    assert "1 viewer, 6 movies" in said(at) and "Only 1 viewer to measure on" in said(at) and charts(at) == 5


def test_without_a_network_movielens_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://localhost:9")  # where nobody answers
    monkeypatch.delenv("no_proxy", raising=False)
    at = learned(press(visit(PAGE, learn_from="MovieLens"), "Start"))
    assert "Use the simulated viewers" in said(at) and not charts(at)


def test_the_public_downloads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEMBLANCE_PUBLIC", "1")
    assert "downloaded from" not in said(visit(PAGE, learn_from="MovieLens"))


def test_the_lines_run_and_say_what_the_page_says(capsys: pytest.CaptureFixture[str]) -> None:
    at = learned(press(visit(PAGE, epochs="2", d="3", joined="year"), "Start"))
    shares: Callable[[str], bool] = lambda line: line.startswith("2 ")  # noqa: E731
    capsys.readouterr()
    exec(compile(at.code[-1].value, "In Python", "exec"), {})
    printed = capsys.readouterr().out
    assert any(map(shares, printed.splitlines())) and "Star Wars (1977)" in printed


@pytest.fixture
def few_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def short(**options: object) -> Text:
        return sample_text(words=40_000, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("ui.learn.word_sources.sample_text", short)


@pytest.mark.usefixtures("few_words")
def test_words_are_learned_and_asked() -> None:
    at = learned(press(visit(PAGE, subject="words", epochs="2", word="friday"), "Start"))
    assert at.metric[0].value == "2" and "same subject" in at.metric[1].label and "Next word" in at.metric[2].label
    assert charts(at) == 4, "two curves, the map over epochs, the weights"
    assert "one row of the layer" in said(at)
    assert "**friday** · time" in said(at)
    assert "boy is to girl as son is to" in said(at) and "does not belong" in said(at)
    at = at.text_input("odd").set_value("the, in, a, nowhere").run()
    assert "choose another word" in said(at)
    at = at.segmented_control("subject").set_value("movies").run()
    assert "These results have other settings" in said(at)


def test_a_pasted_text_is_learned_from_or_refused() -> None:
    at = visit(PAGE, subject="words", text_from="your text", epochs="1", dw="2", predict="a missing word")
    assert next(button for button in at.button if button.label == "Start").disabled
    at = at.text_area("text_pasted").set_value("too short").run()
    at = learned(press(at, "Start"))
    assert "The text is too short" in said(at) and not charts(at)
    sentences = "The cat eats fish. The dog eats meat. A bird eats seeds, and the cat often sees the bird. " * 20
    at = learned(press(at.text_area("text_pasted").set_value(sentences).run(), "Start"))
    assert "The pasted text" in said(at) and "are its coordinates" in said(at) and charts(at) == 5
    assert "Missing word" in [metric.label[:12] for metric in at.metric]
