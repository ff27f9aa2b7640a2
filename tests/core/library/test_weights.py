"""New weights of an encoder: a library is searched with the earlier ones until all of it is embedded again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fakes import COLORS, ColorEncoder
from media import write_video
from PIL import Image
from recorded import DATA
from weights import EARLIER, NEWEST, TurnedEncoder, new_weights

from core import Library, ingest, open_encoder, parse_query, search
from core.classify.heads import load_head, save_head
from core.classify.relearning import list_earlier_heads, relearn_head
from core.classify.training import fit_classes
from core.encoders import get_opening_name, list_earlier_weights
from core.errors import DataError, EncoderError, LibraryError, QueryError
from core.library import (
    find_weights,
    get_reduction,
    list_earlier_reductions,
    load_points,
    open_library_encoder,
    reembed,
    renew_reduced,
    store_reduced,
)
from core.library.schema import Label
from core.media.sampling import Sampling
from core.progress import Progress, Task
from core.recommend import recommend
from core.search.concepts import learn_concept_of_items, load_concept, relearn_concept, save_concept
from core.share import export_vectors, import_vectors

pytestmark = pytest.mark.slow

WARM = {"red", "yellow", "orange"}
REEMBED_SLOWLY = """
import sys, threading, time
from core import Library
from core.library import reembed
from weights import NEWEST, TurnedEncoder, new_weights

class Slow(TurnedEncoder):
    def encode_images(self, images):
        if self.images_seen:
            time.sleep(3.1)  # a commit is due every three seconds
        if library.vector_count(NEWEST):
            print("some are committed", flush=True)
            threading.Event().wait()
        return super().encode_images(images)

library = Library(sys.argv[1])
with new_weights():
    encoder = Slow()
    encoder.batch_size = 2
    reembed(library, encoder)
"""


@pytest.fixture(autouse=True)
def _own_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SEMBLANCE_HOME", str(tmp_path / "home"))


@pytest.fixture
def newest(library: Library) -> Iterator[TurnedEncoder]:
    """The weights that come after `library` was made."""
    with new_weights() as encoder:
        yield encoder


def first_hit(library: Library, query: str = "red") -> str:
    """What a search with the library's own weights finds first."""
    hits = search(library, open_library_encoder(library, "colour"), parse_query(query), captions=False).hits
    return Path(hits[0].item.path).stem if hits else ""


def stop_after(count: int) -> Task:
    """A task that is cancelled once so many files are embedded."""
    cancel = threading.Event()

    def report(progress: Progress) -> None:
        if progress.stage.startswith("embed") and progress.done >= count:
            cancel.set()

    return Task(report, cancel)


def stop_at(share: float) -> Task:
    """A task that is cancelled once a share of the videos is done."""
    cancel = threading.Event()

    def report(progress: Progress) -> None:
        if progress.stage == "embed videos" and progress.fraction >= share:
            cancel.set()

    return Task(report, cancel)


def ids(library: Library) -> dict[str, str]:
    return {Path(row["path"]).stem: row["id"] for row in library.items().to_pylist()}


def test_a_name_opens_the_newest_weights_and_an_id_the_earlier_ones(newest: TurnedEncoder) -> None:
    assert open_encoder("colour").id == NEWEST
    assert (open_encoder(EARLIER).id, open_encoder(EARLIER).name) == (EARLIER, "colour")
    assert list_earlier_weights("colour") == [EARLIER]
    assert get_opening_name("colour", EARLIER) == EARLIER and get_opening_name("colour", NEWEST) == "colour"


def test_before_during_and_after(library: Library, newest: TurnedEncoder) -> None:
    before = ids(library)
    library.put_labels([Label(before["red"], "warmth", "warm", "person")])
    library.put_captions([(before["red"], "all red")])
    assert find_weights(library, "colour") == EARLIER and first_hit(library) == "red"
    assert len(library.list_to_reembed(newest)) == len(COLORS)

    report = reembed(library, newest, task=stop_after(4))
    assert report.cancelled and 0 < library.vector_count(NEWEST) < len(COLORS)
    assert find_weights(library, "colour") == EARLIER
    assert all(first_hit(library, color) == color for color in COLORS), "search is as it was"

    left = len(library.list_to_reembed(newest))
    report = reembed(library, newest)
    assert (report.embedded, report.cancelled) == (left, False)
    assert find_weights(library, "colour") == "colour"
    assert [entry.id for entry in library.encoders()] == [NEWEST]
    assert all(first_hit(library, color) == color for color in COLORS)
    assert ids(library) == before and library.captions() == [(before["red"], "all red")]
    assert [(label.item_id, label.label) for label in library.labels()] == [(before["red"], "warm")]
    assert reembed(library, newest).embedded == 0


def test_likes_go_on(library: Library, newest: TurnedEncoder) -> None:
    liked = [ids(library)["red"]]

    def first() -> str:
        return recommend(library, open_library_encoder(library, "colour"), liked, k=1).recommendations[0].item.path

    before = first()
    reembed(library, newest, task=stop_after(4))
    assert first() == before
    reembed(library, newest)
    assert first() == before


def test_files_added_meanwhile_are_found_at_once_and_embedded_again_too(
    library: Library, photos: Path, newest: TurnedEncoder
) -> None:
    reembed(library, newest, task=stop_after(4))
    Image.new("RGB", (50, 50), (230, 160, 170)).save(photos / "pink.png")
    ingest(library, open_library_encoder(library, "colour"), [photos])
    assert find_weights(library, "colour") == EARLIER
    item = ids(library)["pink"]
    assert item in library.vector_ids(EARLIER) and item not in library.vector_ids(NEWEST)
    reembed(library, newest)
    assert item in library.vector_ids(NEWEST) and find_weights(library, "colour") == "colour"


def test_indexing_one_folder_with_the_newest_weights_does_not_switch(
    library: Library, photos: Path, newest: TurnedEncoder
) -> None:
    ingest(library, newest, [photos / "more"])
    assert find_weights(library, "colour") == EARLIER and first_hit(library, "white") == "white"
    ingest(library, newest, [photos])
    assert find_weights(library, "colour") == "colour" and first_hit(library, "white") == "white"


def test_what_is_gone_or_closed(library: Library, photos: Path, newest: TurnedEncoder) -> None:
    (photos / "red.png").unlink()
    report = reembed(library, newest)
    assert (report.missing, report.embedded) == (1, len(COLORS) - 1)
    assert find_weights(library, "colour") == "colour", "what is gone does not hold it up"
    assert library.counts() == {"ok": 7, "failed": 0, "missing": 1}


@pytest.mark.skipif(os.geteuid() == 0, reason="root opens every folder")
def test_a_closed_folder_holds_up_the_switch(library: Library, photos: Path, newest: TurnedEncoder) -> None:
    (photos / "more").chmod(0)
    try:
        report = reembed(library, newest)
    finally:
        (photos / "more").chmod(0o755)
    assert len(report.failed) == 4 and find_weights(library, "colour") == EARLIER
    reembed(library, newest)
    assert find_weights(library, "colour") == "colour"


def test_files_beside_those_of_the_library_are_left_alone(tmp_path: Path, photos: Path) -> None:
    library = Library(tmp_path / "chosen", create=True)
    ingest(library, ColorEncoder(EARLIER), [photos / "red.png", photos / "blue.png"])
    with new_weights() as newest:
        reembed(library, newest)
    assert set(ids(library)) == {"red", "blue"}


def test_videos_keep_how_they_were_sampled_and_go_on_where_they_were_stopped(tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    colors = ("red", "blue", "green", "yellow", "purple") * 12
    write_video(tmp_path / "clips" / "long.mp4", colors, seconds_each=2.7, fps=6, size=(64, 48), gop=7)
    library = Library(tmp_path / "library", create=True)
    ingest(library, ColorEncoder(EARLIER), [tmp_path / "clips"], Sampling(3))
    (item,) = ids(library).values()
    spans = [row.segment for row in library.item_vectors(EARLIER, [item])[item]]
    with new_weights() as newest:
        assert reembed(library, newest, task=stop_at(0.5)).cancelled
        halfway = newest.images_seen
        assert library.counts()["failed"] == 0 and find_weights(library, "colour") == EARLIER
        ingest(library, open_library_encoder(library, "colour"), [tmp_path / "clips"])
        reembed(library, newest)
        assert newest.images_seen - halfway < 0.65 * newest.images_seen
        assert find_weights(library, "colour") == "colour"
    assert library.samplings(NEWEST) == {item: str(Sampling(3))}
    assert [row.segment for row in library.item_vectors(NEWEST, [item])[item]] == spans


def test_another_process_that_writes_is_not_disturbed(library: Library, newest: TurnedEncoder) -> None:
    code = """
import sys
from core import Library

with Library(sys.argv[1]).writing():
    print("has it", flush=True)
    sys.stdin.read()
"""
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", code, str(library.path)],
        cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as other:  # fmt: skip
        assert other.stdout is not None and other.stdout.readline() == "has it\n"
        with pytest.raises(LibraryError, match="another process"):
            reembed(library, newest)
        assert first_hit(library) == "red"
        other.communicate("")
    assert reembed(library, newest).embedded == len(COLORS)


def test_a_killed_run_is_gone_on_with(library: Library, photos: Path, newest: TurnedEncoder) -> None:
    root = Path(__file__).parents[3]
    paths = os.pathsep.join(map(str, [root, root / "tests" / "helpers"]))
    with subprocess.Popen(
        [sys.executable, "-c", REEMBED_SLOWLY, str(library.path)],
        env=os.environ | {"PYTHONPATH": paths}, stdout=subprocess.PIPE, text=True,
    ) as other:  # fmt: skip
        assert other.stdout is not None and other.stdout.readline() == "some are committed\n"
        other.kill()
    assert 0 < library.vector_count(NEWEST) < len(COLORS) and find_weights(library, "colour") == EARLIER
    assert all(first_hit(library, color) == color for color in COLORS)
    assert reembed(library, newest).embedded < len(COLORS)
    assert len(library.index(newest)) == library.vector_count(NEWEST) == len(COLORS)
    assert all(first_hit(library, color) == color for color in COLORS)


def test_another_process_that_reads_switches_too(library: Library, newest: TurnedEncoder) -> None:
    reader = Library(library.path)
    assert first_hit(reader) == "red"
    reembed(library, newest)
    assert open_library_encoder(reader, "colour").id == NEWEST and first_hit(reader) == "red"


def test_weights_that_are_not_kept_any_more(library: Library) -> None:
    with new_weights(keep_earlier=False) as newest:
        assert find_weights(library, "colour") == "colour" and first_hit(library) == ""
        assert len(library.list_to_reembed(newest)) == len(COLORS)
        reembed(library, newest)
        assert first_hit(library) == "red" and [entry.id for entry in library.encoders()] == [NEWEST]
        with pytest.raises(EncoderError, match="Unknown encoder"):
            open_encoder(EARLIER)


def test_exported_vectors_come_back_only_where_they_are_searched(
    library: Library, tmp_path: Path, newest: TurnedEncoder
) -> None:
    export_vectors(library, EARLIER, tmp_path / "before.npz")
    assert import_vectors(library, tmp_path / "before.npz").encoder == "colour"
    reembed(library, newest)
    report = import_vectors(library, tmp_path / "before.npz")
    assert report.encoder.startswith("imported:"), "or the library would be searched by these alone"
    assert find_weights(library, "colour") == "colour"


def test_earlier_weights_that_are_others_are_refused() -> None:
    from core.encoders import EncoderInfo, register_encoder, unregister_encoder

    wrong = {EARLIER: lambda name, report: ColorEncoder("colour-0")}
    register_encoder(EncoderInfo("colour", "Colours", lambda name, report: TurnedEncoder(), earlier=wrong))
    try:
        with pytest.raises(EncoderError, match="damaged"):
            open_encoder(EARLIER)
    finally:
        unregister_encoder("colour")


def test_concepts_are_learned_again_from_their_examples(library: Library, encoder: ColorEncoder) -> None:
    warm = [item_id for name, item_id in ids(library).items() if name in WARM]
    save_concept(learn_concept_of_items(library, encoder, "glow", warm), encoder)
    with new_weights() as newest:
        before = open_library_encoder(library, "colour")
        assert first_hit(library, "concept:glow") in WARM, "it works as long as the library is searched as before"
        assert load_concept(before, "glow").item_ids == tuple(warm)
        reembed(library, newest)
        with pytest.raises(QueryError, match="earlier weights"):
            search(library, newest, parse_query("concept:glow"))
        save_concept(relearn_concept(library, newest, "glow"), newest)
        assert first_hit(library, "concept:glow") in WARM


def test_heads_are_trained_again_from_the_labels_of_the_library(library: Library, encoder: ColorEncoder) -> None:
    labels = {item_id: "warm" if name in WARM else "cold" for name, item_id in ids(library).items()}
    library.put_labels([Label(item_id, "warmth", label, "person") for item_id, label in labels.items()])
    points = load_points(library, encoder)
    targets = [labels[str(item_id)] for item_id in points.column("id")]
    save_head(fit_classes(encoder, "probe", points.vectors, targets), encoder, "warmth")
    with new_weights() as newest:
        assert list_earlier_heads(open_library_encoder(library, "colour")) == {}
        reembed(library, newest)
        path = list_earlier_heads(newest)["warmth"]
        with pytest.raises(DataError, match="train it again"):
            load_head(path, newest)
        save_head(head := relearn_head(library, newest, path), newest, "warmth")
        assert list_earlier_heads(newest) == {}
    now = load_points(library, newest)
    found = [head.names[number] for number in head.probabilities(now.vectors).argmax(axis=1)]
    assert found == [labels[str(item_id)] for item_id in now.column("id")]
    library.remove_labels("warmth")
    with pytest.raises(DataError, match="no labels"):
        relearn_head(library, newest, path)


def test_reductions_work_and_are_stored_again(library: Library, encoder: ColorEncoder) -> None:
    earlier = store_reduced(library, encoder, get_reduction(library, encoder, 6))
    with new_weights() as newest:
        reembed(library, newest)
        opened = open_encoder(earlier.name)  # its words are embedded with the earlier weights
        assert opened.id == earlier.id
        assert Path(search(library, opened, parse_query("red")).hits[0].item.path).stem == "red"
        (entry,) = list_earlier_reductions(library, newest)
        renewed = renew_reduced(library, newest, entry)
        assert {found.id for found in library.encoders()} == {NEWEST, renewed.id}
        assert find_weights(library, earlier.name) == renewed.name, "links to it go on"
        assert Path(search(library, renewed, parse_query("red")).hits[0].item.path).stem == "red"


def test_a_library_that_an_earlier_release_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(DATA / "made_before", tmp_path / "made")
    monkeypatch.setenv("SEMBLANCE_HOME", str(tmp_path / "made" / "home"))
    library = Library(tmp_path / "made" / "library")
    with new_weights() as newest:
        assert first_hit(library) == "red" and first_hit(library, "concept:glow") in WARM
        with pytest.raises(DataError, match="not known"):  # it keeps no examples
            relearn_concept(library, newest, "glow")
        folder = tmp_path / "photos"
        folder.mkdir()
        names = {row["path"]: Path(row["path"]).name for row in library.items().to_pylist()}
        for name in names.values():
            Image.new("RGB", (40, 40), COLORS[Path(name).stem]).save(folder / name)
        report = ingest(library, open_library_encoder(library, "colour"), [folder])  # its pictures come to a new place
        assert report.renamed == len(COLORS) and report.embedded == 0
        reembed(library, newest)
        assert first_hit(library) == "red"
        head = relearn_head(library, newest, list_earlier_heads(newest)["warmth"])
        names_found = head.probabilities(newest.encode_texts(["red", "blue", "orange"])).argmax(axis=1)
        assert [head.names[number] for number in names_found] == ["warm", "cold", "warm"]
        assert len(library.labels()) == len(library.captions()) == len(COLORS)
    assert np.isfinite(load_points(library, newest).vectors).all()
