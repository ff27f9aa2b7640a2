"""Maps: layouts of vectors, kept places, new points beside their neighbours, figures."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import numpy as np
import pytest
from fakes import COLORS, ColorEncoder
from PIL import Image

from core.benchmarks.map import mixture
from core.encoders.base import unit_rows
from core.errors import Cancelled, DataError
from core.explore import projection as map_cache
from core.explore.colors import color_by_name, color_by_value
from core.explore.projection import layout_points, project_vectors
from core.library import Library, ingest
from core.library.points import Points, load_points
from core.plots.map import count_bars, space
from core.progress import Progress, Task
from core.vectors.neighbors import find_nearest_neighbors

pytestmark = pytest.mark.slow

METHODS = ("pca", "umap", "tsne")


def groups(count: int, each: int, dim: int = 32) -> tuple[np.ndarray, np.ndarray]:
    """(count * each, dim) unit rows in tight groups, and the group of each."""
    rng = np.random.default_rng(1)
    of = np.repeat(np.arange(count), each)
    middles = rng.normal(size=(count, dim))
    return unit_rows(middles[of] + 0.15 * rng.normal(size=(len(of), dim))), of


def alike(places: np.ndarray, of: np.ndarray) -> float:
    """The share of points whose nearest other on the map is of their group."""
    distances = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    return float((of[distances.argmin(axis=1)] == of).mean())


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEMBLANCE_HOME", str(tmp_path / "home"))


@pytest.fixture
def shades(tmp_path: Path, encoder: ColorEncoder) -> tuple[Library, Path]:
    """A library of five shades of each colour, and the folder of its photos."""
    folder = tmp_path / "shades"
    folder.mkdir()
    for name in COLORS:
        for shade in range(5):
            add_shade(folder, name, shade)
    library = Library(tmp_path / "shades-library", create=True)
    ingest(library, encoder, [folder])
    return library, folder


def add_shade(folder: Path, name: str, shade: int) -> None:
    picture = Image.new("RGB", (64, 48), COLORS[name])
    picture.paste((120 + 3 * shade, 120, 120), (0, 0, 16, 12))
    picture.save(folder / f"{name}{shade}.png")


# layouts


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dims", (2, 3))
def test_groups_stay_together_and_the_range_is_as_stated(method: str, dims: int) -> None:
    vectors, of = groups(5, 40)
    places = project_vectors(vectors, method=method, dims=dims)
    assert places.shape == (200, dims) and places.dtype == np.float32
    assert alike(places, of) > 0.95
    inside = np.abs(places) <= 1.001
    assert (inside.mean(axis=0) >= 0.985).all() and np.abs(places).max() <= 10
    assert np.abs(places).max(axis=0).max() > 0.9, "the map fills its range"


@pytest.mark.parametrize("method", METHODS)
def test_the_same_vectors_give_the_same_map_and_another_seed_another(method: str) -> None:
    vectors = mixture(250, 48)
    first = project_vectors(vectors, method=method)
    assert np.array_equal(first, project_vectors(vectors, method=method))
    if method != "pca":
        assert not np.allclose(first, project_vectors(vectors, method=method, seed=5), atol=0.01)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("count", (1, 2, 3, 5, 8, 15))
@pytest.mark.parametrize("dims", (2, 3))
def test_few_points_and_equal_ones_have_places(method: str, count: int, dims: int) -> None:
    different = unit_rows(np.random.default_rng(count).normal(size=(count, 16)))
    equal = np.repeat(different[:1], count, axis=0)
    for vectors in (different, equal):
        places = project_vectors(vectors, method=method, dims=dims)
        assert places.shape == (count, dims) and np.isfinite(places).all()
    if count > 1:
        assert len(np.unique(project_vectors(different, method=method, dims=dims), axis=0)) == count


@pytest.mark.parametrize("method", METHODS)
def test_copies_lie_together(method: str) -> None:
    vectors, _ = groups(6, 10)
    vectors[1] = vectors[0]
    places = project_vectors(vectors, method=method)
    spread = np.linalg.norm(places - places[0], axis=1)
    assert spread[1] < np.quantile(spread[2:], 0.2)


def test_one_point_far_away_does_not_shrink_the_others_to_a_dot() -> None:
    vectors = np.repeat(unit_rows(np.ones((1, 16))), 300, axis=0)
    vectors = unit_rows(vectors + 0.01 * np.random.default_rng(0).normal(size=vectors.shape))
    vectors[0] = unit_rows(-np.ones((1, 16)))
    places = project_vectors(vectors, method="pca")
    assert np.abs(places[0]).max() > 5 and np.ptp(places[1:], axis=0).max() > 0.05


def test_known_neighbours_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, of = groups(4, 30)
    near = find_nearest_neighbors(vectors, 40)
    monkeypatch.setattr(
        "core.explore.projection.find_nearest_neighbors", lambda *_, **__: pytest.fail("they were known")
    )
    assert alike(project_vectors(vectors, method="umap", neighbors=near), of) > 0.95
    assert alike(project_vectors(vectors, method="tsne", neighbors=near.first(3)), of) > 0.9


@pytest.mark.parametrize("method", METHODS[1:])
def test_progress_counts_up_to_its_end(method: str) -> None:
    predictions: list[Progress] = []
    project_vectors(mixture(1_500, 32), method=method, task=Task(predictions.append))
    steps = [entry for entry in predictions if entry.stage == "layout" and entry.total]
    done = [entry.done for entry in steps]
    assert len(steps) > 5 and done == sorted(done) and done[-1] == steps[-1].total
    assert {entry.stage for entry in predictions} == {"layout", "neighbors"}


@pytest.mark.parametrize("method", METHODS[1:])
def test_a_layout_stops_soon_after_it_is_told_to(method: str) -> None:
    cancel = threading.Event()
    predictions: list[Progress] = []

    def tell(progress: Progress) -> None:
        predictions.append(progress)
        if progress.stage == "layout" and progress.done > 0:
            cancel.set()

    with pytest.raises(Cancelled):
        project_vectors(mixture(1_500, 32), method=method, task=Task(tell, cancel))
    assert predictions[-1].done < predictions[-1].total / 2
    assert project_vectors(mixture(100, 32), method=method).shape == (100, 2), "the next layout is not kept waiting"


def test_two_layouts_at_once_wait_for_one_another() -> None:
    vectors = mixture(300, 24)
    alone = project_vectors(vectors)
    found: list[np.ndarray] = []
    threads = [threading.Thread(target=lambda: found.append(project_vectors(vectors)), daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(found) == 3 and all(np.array_equal(entry, alone) for entry in found)


def test_what_cannot_be_laid_out_is_said() -> None:
    vectors = mixture(20, 16)
    for arguments in ({"method": "mds"}, {"dims": 4}):
        with pytest.raises(DataError, match="2 or 3 dimensions"):
            project_vectors(vectors, **arguments)
    with pytest.raises(DataError, match="nothing"):
        project_vectors(vectors[:0])


# maps of libraries


def test_a_map_is_kept_and_the_next_visit_does_not_compute_it(
    shades: tuple[Library, Path], encoder: ColorEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = load_points(shades[0], encoder)
    first = layout_points(points)
    assert first.keys == tuple(points.keys) and first.made_of == 40 and not first.placed_later and not first.gap_closed
    monkeypatch.setattr("core.explore.projection.project_vectors", lambda *_, **__: pytest.fail("it was kept"))
    again = layout_points(load_points(Library(shades[0].path), encoder))
    assert np.array_equal(first.places, again.places) and again.made_of == 40


def test_maps_of_other_methods_dimensions_encoders_and_libraries_are_their_own(
    shades: tuple[Library, Path], library: Library, encoder: ColorEncoder
) -> None:
    other = ColorEncoder("colour-2", "other colours")
    ingest(shades[0], other, [shades[1]])
    points = load_points(shades[0], encoder)
    files = {
        map_cache.layout_cache_file(entry, method, dims)
        for entry in (points, load_points(library, encoder), load_points(shades[0], other))
        for method in METHODS
        for dims in (2, 3)
    }
    assert len(files) == 18
    assert layout_points(points, dims=3, method="pca").places.shape == (40, 3)
    assert layout_points(points, dims=2, method="pca").places.shape == (40, 2)


def test_new_photos_are_placed_by_their_like_and_nothing_moves(
    shades: tuple[Library, Path], encoder: ColorEncoder
) -> None:
    library, folder = shades
    before = layout_points(load_points(library, encoder))
    (folder / "red0.png").unlink()
    add_shade(folder, "green", 7)
    add_shade(folder, "blue", 8)
    ingest(library, encoder, [folder])
    library.purge_missing()
    points = load_points(library, encoder)
    after = layout_points(points)
    assert after.placed_later == 2 and after.made_of == 40 and len(after.keys) == 41
    was = dict(zip(before.keys, before.places, strict=True))
    new = [key for key in after.keys if key not in was]
    for key, place in zip(after.keys, after.places, strict=True):
        assert key in new or np.array_equal(place, was[key])
    names = np.array([Path(str(path)).stem[:-1] for path in points.column("path")])
    for key in new:
        number = after.keys.index(key)
        own = np.flatnonzero((names == names[number]) & (np.arange(len(names)) != number))
        distances = np.linalg.norm(after.places - after.places[number], axis=1)
        assert distances[own].max() < 0.2, "it lies among its own, and the map is two wide"  # so may another colour
    again = layout_points(load_points(library, encoder))
    assert np.array_equal(again.places, after.places) and again.placed_later == 2, "they stay where they were put"
    rebuild = layout_points(load_points(library, encoder), rebuild=True)
    assert rebuild.placed_later == 0 and rebuild.made_of == 41 and not np.array_equal(rebuild.places, after.places)


def test_a_library_that_has_mostly_changed_is_laid_out_anew(
    shades: tuple[Library, Path], encoder: ColorEncoder
) -> None:
    library, folder = shades
    layout_points(load_points(library, encoder))
    for name in COLORS:
        for shade in range(5, 9):
            add_shade(folder, name, shade)
    ingest(library, encoder, [folder])
    grown = layout_points(load_points(library, encoder))
    assert grown.placed_later == 0 and grown.made_of == 72


def test_what_a_filter_leaves_keeps_its_places_and_the_rest_comes_back(
    shades: tuple[Library, Path], encoder: ColorEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = load_points(shades[0], encoder)
    whole = layout_points(points)
    sample = load_points(shades[0], encoder, limit=10)
    part = layout_points(sample)
    assert len(part.keys) == 10
    where = dict(zip(whole.keys, whole.places, strict=True))
    assert all(np.array_equal(where[key], place) for key, place in zip(part.keys, part.places, strict=True))
    monkeypatch.setattr("core.explore.projection.project_vectors", lambda *_, **__: pytest.fail("it was kept"))
    assert np.array_equal(layout_points(points).places, whole.places)


def test_texts_join_a_map_beside_what_they_mean(shades: tuple[Library, Path], encoder: ColorEncoder) -> None:
    before = layout_points(load_points(shades[0], encoder))
    points = load_points(shades[0], encoder, texts=["red", "blue"])
    mixed = layout_points(points)
    assert mixed.gap_closed and mixed.placed_later == 2
    assert np.array_equal(mixed.places[:40], before.places)
    together = layout_points(points, rebuild=True)
    assert together.gap_closed and together.made_of == 42


@pytest.mark.parametrize("damage", (b"", b"PK\x03\x04 no map", b"\x80\x04\x95pickle", None))
def test_a_damaged_file_is_made_anew(shades: tuple[Library, Path], encoder: ColorEncoder, damage: bytes | None) -> None:
    points = load_points(shades[0], encoder)
    first = layout_points(points)
    file = map_cache.layout_cache_file(points, "umap", 2)
    assert file is not None
    file.write_bytes(file.read_bytes()[:-50] if damage is None else damage)
    assert np.array_equal(layout_points(points).places, first.places)
    cached = map_cache.load_cached_layout(file, 2)
    assert cached is not None and len(cached.keys) == 40, "and written whole again"


def test_a_file_whose_parts_do_not_fit_is_not_believed(shades: tuple[Library, Path], encoder: ColorEncoder) -> None:
    points = load_points(shades[0], encoder)
    file = map_cache.layout_cache_file(points, "umap", 2)
    assert file is not None
    keys = tuple(points.keys)
    map_cache.store_layout(file, map_cache.CachedLayout(keys, np.zeros((39, 2), np.float32), np.zeros(40, bool)))
    assert file.exists() and map_cache.load_cached_layout(file, 2) is None
    map_cache.store_layout(file, map_cache.CachedLayout(keys, np.zeros((40, 3), np.float32), np.zeros(40, bool)))
    assert map_cache.load_cached_layout(file, 2) is None
    assert len(np.unique(layout_points(points).places, axis=0)) == 40


def test_only_so_many_maps_are_kept_the_latest_seen_ones(tmp_path: Path) -> None:
    made = map_cache.CachedLayout(("a",), np.zeros((1, 2), np.float32), np.zeros(1, bool))
    files = [tmp_path / "maps" / f"{number}.safetensors" for number in range(map_cache.MAX_CACHED + 1)]
    for day, file in enumerate(files[:-1]):
        map_cache.store_layout(file, made)
        os.utime(file, (day, day))
    assert map_cache.load_cached_layout(files[0], 2) is not None  # seen again
    map_cache.store_layout(files[-1], made)
    assert [file for file in files if not file.exists()] == [files[1]]


def test_a_home_that_cannot_be_written_costs_no_map(
    shades: tuple[Library, Path], encoder: ColorEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("SEMBLANCE_HOME", str(tmp_path / "file"))
    assert len(layout_points(load_points(shades[0], encoder)).places) == 40


def test_points_of_no_library_are_laid_out_and_not_kept(
    shades: tuple[Library, Path], encoder: ColorEncoder, tmp_path: Path
) -> None:
    points = load_points(shades[0], encoder)
    loose = Points(points.index, points.vectors, points.item_rows, points.start_s)
    assert len(layout_points(loose).places) == 40
    assert not (tmp_path / "home" / "maps").exists()


def test_a_stopped_map_is_not_kept(shades: tuple[Library, Path], encoder: ColorEncoder) -> None:
    points = load_points(shades[0], encoder)
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        layout_points(points, task=Task(cancel=cancel))
    file = map_cache.layout_cache_file(points, "umap", 2)
    assert file is not None and not file.exists()


# figures


def test_points_in_space_are_drawn_once_each_in_the_colours_of_the_legend() -> None:
    names = ["sea" if number % 3 else None for number in range(60)]
    coloring = color_by_name(names)
    places = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
    figure = space(places, coloring, names=[f"<b>{number}</b>" for number in range(60)])
    drawn = np.concatenate([trace.customdata for trace in figure.data])
    assert sorted(drawn.tolist()) == list(range(60))
    listed = [trace.name for trace in figure.data if trace.showlegend]
    assert listed == ["sea (40)", "none (20)"]
    first = figure.data[0]
    assert first.marker.color == "rgb" + str(tuple(bytes.fromhex(coloring.groups[0].color[1:])))
    assert "<b>" not in first.text[0] and np.allclose(first.x, places[first.customdata, 0], atol=1e-3)


def test_what_is_chosen_stands_out_and_the_rest_is_faint() -> None:
    places = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    highlighted, chosen = np.arange(50) < 20, np.arange(50) >= 10
    figure = space(places, color_by_name(["a"] * 50), highlighted=highlighted, chosen=chosen)
    strong = {int(n) for trace in figure.data if trace.opacity > 0.5 for n in trace.customdata}
    assert strong == set(range(10, 20))
    assert sum(len(trace.customdata) for trace in figure.data) == 50


def test_values_have_a_scale_and_each_point_its_colour() -> None:
    values = np.linspace(0, 1, 30)
    coloring = color_by_value(values, low="0.10", high="0.42")
    figure = space(np.zeros((30, 3), np.float32), coloring)
    scales = [trace.marker.colorbar.ticktext for trace in figure.data if trace.marker.showscale]
    assert scales == [("0.10", "0.42")]
    marker = figure.data[0].marker
    colors = [marker.colorscale[number][1] for number in marker.color]
    assert colors == ["rgb({}, {}, {})".format(*row) for row in coloring.rgb.tolist()]


def test_rare_groups_share_one_line_of_the_legend() -> None:
    names = [f"group {number // 3}" for number in range(90)]
    figure = space(np.zeros((90, 3), np.float32), color_by_name(names))
    listed = [trace for trace in figure.data if trace.showlegend]
    assert len(listed) == 15 and listed[-1].name == "16 more (48)" and len(listed[-1].customdata) == 48


def test_bars_count_the_most_frequent_and_the_rest_together() -> None:
    named = [("x <i>", 5), ("y", 9)] + [(f"rare {number}", 1) for number in range(10)]
    bar = count_bars(named, of="label", limit=3)
    assert bar.data[0].x == (9, 5, 1, 9)
    assert bar.layout.yaxis.ticktext[0] == "y" and bar.layout.yaxis.ticktext[-1] == "9 more"
    assert "<i>" not in bar.layout.yaxis.ticktext[1] and bar.layout.yaxis.title.text == "label"
