"""Figures of what is learned say the numbers that were learned."""

from __future__ import annotations

import numpy as np
import pytest

from core.learn.movies import Movies
from core.learn.state import Baselines, Epoch
from core.plots.training import loss_line, network, share_lines, weight_strip
from core.plots.training_map import item_map, map_over_epochs

MOVIES = Movies(("A <b>", "B", "C", "D"), np.array([1990, 0, 2000, 2001]), (("War", "Drama"), ("Crime",), ("War",), ()))
PLACES = np.array([[1, 2, 3], [-1, 0, 1], [0.5, -2, 0], [0, 0, 0]], np.float32)


@pytest.mark.parametrize("dim", [2, 3])
def test_the_edges_carry_the_weights_and_end_in_the_coordinates(dim: int) -> None:
    weights = PLACES[0, :dim]
    figure = network([("A", 1.0, weights)], title="edges")
    assert [mark.text for mark in figure.layout.annotations] == [f"{value:.2f}" for value in weights]
    assert list(figure.data[-1].text) == [f"{axis} = {value:.2f}" for axis, value in zip("xyz", weights, strict=False)]
    both = network([("A", 1.0, weights), ("year", -2.0, weights)], title="edges")
    assert both.data[-1].text[0] == "x = -1.00", "each by its value"


@pytest.mark.parametrize("dim", [2, 3])
def test_the_chosen_movie_is_marked_where_its_weights_say(dim: int) -> None:
    figure = item_map(PLACES[:, :dim], MOVIES, title="map", chosen=0)
    point = figure.data[-1]
    assert [point[axis][0] for axis in "xyz"[:dim]] == PLACES[0, :dim].tolist()
    assert point.text[0] == "A &lt;b&gt; (1990)", "titles are no markup"


def test_there_is_a_frame_for_each_epoch_and_all_points_stay_in_sight() -> None:
    maps = [PLACES[:, :2] * scale for scale in (0.1, 1, 3)]
    figure = map_over_epochs(maps, [0, 5, 10], MOVIES, title="map", axes="weights")
    assert [frame.name for frame in figure.frames] == ["0", "5", "10"]
    assert [trace.name for trace in figure.data] == ["Crime", "War", "others"]
    for frame, places in zip(figure.frames, maps, strict=True):
        assert [x for trace in frame.data for x in trace.x] == pytest.approx(places[[1, 0, 2, 3], 0], abs=1e-3)
    low, high = figure.layout.xaxis.range
    assert low < -3 and high > 3


def test_curves_leave_out_what_is_not_known() -> None:
    epochs = [Epoch(number, 2.0 - number, None, 0.1 * number, PLACES, 0.1) for number in range(3)]
    names = [trace.name for trace in share_lines(epochs, Baselines(None, None, 0.2)).data]
    assert names == ["same genre, by chance", "same genre"]
    guess, loss = loss_line(epochs, items=4, negatives=0).data
    assert guess.y[0] == pytest.approx(np.log(4)) and list(loss.y) == [2.0, 1.0, 0.0]
    assert loss_line(epochs, items=4, negatives=9).data[0].y[0] == pytest.approx(np.log(10))
    assert list(weight_strip(PLACES[1], title="bars").data[0].y) == PLACES[1].tolist()


def test_some_names_stand_on_the_map_and_all_under_the_pointer() -> None:
    figure = item_map(PLACES[:, :2], MOVIES, title="map", labels=2)
    crime, war, others = figure.data
    assert list(crime.text) == ["B"] and list(war.text) == ["A &lt;b&gt; (1990)", ""] and set(others.text) == {""}
    assert list(war.hovertext) == ["A &lt;b&gt; (1990)", "C (2000)"] and others.mode == "markers"
