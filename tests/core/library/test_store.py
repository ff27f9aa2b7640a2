"""How the store reads, writes and reports: several encoders at once, and whose errors mean damage."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from fakes import ColorEncoder

import core.library.store.loading
import core.library.store.maintenance
from core.errors import LibraryError
from core.library import Library, VectorIndex, ingest


def test_an_index_that_is_being_built_holds_up_no_other_encoder(
    library: Library, encoder: ColorEncoder, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(
        library, ColorEncoder("colour-2"), [photos / "more"]
    )  # not all, which would supersede the vectors of colour-1
    began, may_end = threading.Event(), threading.Event()
    build = core.library.store.loading.build_index

    def build_slowly(encoder_id: str, *rest: Any) -> VectorIndex:
        if encoder_id == encoder.id:
            began.set()
            assert may_end.wait(60)
        return build(encoder_id, *rest)

    monkeypatch.setattr(core.library.store.loading, "build_index", build_slowly)
    slow = threading.Thread(target=library.index, args=(encoder,))
    other = threading.Thread(target=library.index, args=(ColorEncoder("colour-2"),))
    slow.start()
    assert began.wait(60)
    other.start()
    other.join(30)
    waited = other.is_alive()
    may_end.set()
    slow.join(60)
    other.join(60)
    assert not waited


def test_an_index_is_built_once_for_all_who_ask_at_the_same_time(library: Library, encoder: ColorEncoder) -> None:
    found: list[VectorIndex] = []
    threads = [threading.Thread(target=lambda: found.append(library.index(encoder))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and len({id(index) for index in found}) == 1


@pytest.mark.parametrize(
    ("place", "name"), [("maintenance", "split_staging_id"), ("loading", "build_index"), ("loading", "vectors_schema")]
)
def test_an_error_of_ours_is_not_reported_as_a_damaged_table(
    library: Library, encoder: ColorEncoder, monkeypatch: pytest.MonkeyPatch, place: str, name: str
) -> None:
    def fails(*_: object) -> None:
        raise ValueError("a mistake of ours")

    monkeypatch.setattr(f"core.library.store.{place}.{name}", fails)
    with pytest.raises(ValueError, match="a mistake of ours"):
        library.sweep() if place == "maintenance" else library.index(encoder)


def test_damaged_vectors_of_one_encoder_are_reported_where_they_are_read_and_cost_no_other(
    library: Library, encoder: ColorEncoder, photos: Path
) -> None:
    ingest(
        library, ColorEncoder("colour-2"), [photos / "more"]
    )  # not all, which would supersede the vectors of colour-1
    table = next(path for path in library.path.glob("vectors_colour_2*.lance"))
    for version in (table / "_versions").iterdir():
        version.write_bytes(b"garbage")
    again = Library(library.path)
    assert [entry.id for entry in again.encoders()] == [encoder.id] and len(again.index(encoder))
    again.sweep()
    with pytest.raises(LibraryError, match=r"is damaged .* Restore the folder vectors_colour_2"):
        again.index(ColorEncoder("colour-2"))
