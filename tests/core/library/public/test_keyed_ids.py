"""Ids that leave a public server: nobody else can compute them, and the server reads them back."""

from __future__ import annotations

import hashlib
import io
import tracemalloc
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import ColorEncoder

from core import Library, Term, format_query, parse_query
from core.errors import QueryError
from core.library.ingest.known import new_item_id
from core.library.item_lookup import get_item_names
from core.library.public.home_secret import hide
from core.library.public.keyed_ids import seal, unseal
from core.policy import LOCAL, set_rules
from core.recommend.feedback import Feedback, feedback_json, likes_csv, read_feedback
from core.search.query import embed_query
from core.share.vector_export import export_vectors
from core.utils.files import locked

IDS = [new_item_id(f"/photos/{number}.jpg", "0" * 32, ()) for number in range(300)]


@pytest.fixture
def public(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SEMBLANCE_HOME", str(tmp_path / "home"))
    set_rules(lambda: replace(LOCAL, public=True))
    yield
    set_rules(lambda: LOCAL)


def short_name(path: str) -> str:
    return path.rpartition("/")[2]


def test_at_home_ids_are_those_on_disk() -> None:
    assert [seal(item_id) for item_id in IDS] == [unseal(item_id) for item_id in IDS] == IDS


def test_a_public_server_reads_back_its_own_ids_alone(
    public: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = [seal(item_id) for item_id in IDS]
    assert [unseal(item_id) for item_id in sealed] == IDS
    assert len({*sealed, *IDS}) == 2 * len(IDS) and {len(item_id) for item_id in sealed} == {len(IDS[0])}
    assert not {*map(unseal, IDS)} & {*IDS}, "an id from disk, as in a link that was made at home, names nothing"
    monkeypatch.setenv("SEMBLANCE_HOME", str(tmp_path / "another home"))
    assert not {*map(seal, IDS)} & {*sealed} and not {*map(unseal, sealed)} & {*IDS}


@pytest.mark.parametrize("size", [8, 9, 13, 32])
def test_digests_of_any_size_come_back(public: None, size: int) -> None:
    item_id = bytes(range(size)).hex()
    assert seal(item_id) != item_id and unseal(seal(item_id)) == item_id


@pytest.mark.parametrize("text", ["", "photo-1", "ABCDEF0123456789", "abc", "ab" * 40, "id\n", "日本"])
def test_ids_that_are_no_digests_stay(public: None, text: str) -> None:
    assert seal(text) == unseal(text) == text


def test_a_query_carries_the_ids_of_strangers(public: None, library: Library, encoder: ColorEncoder) -> None:
    item_id = library.items()["id"][0].as_py()
    terms = (Term("item", item_id), Term("frame", f"{item_id}@2.50", -1.0))
    text = format_query(terms)
    assert text == f"item:{seal(item_id)} - item:{seal(item_id)}@2.50" and parse_query(text, files=False) == terms
    index = library.index(encoder)
    assert len(embed_query(encoder, parse_query(f"item:{seal(item_id)}"), index=index)) == encoder.dim
    for query in (f"item:{item_id}", f"item:{seal(item_id)}@soon", f"item:{seal(IDS[0])}"):
        with pytest.raises(QueryError) as told:
            embed_query(encoder, parse_query(query, files=False), index=index)
        assert query.removeprefix("item:") in str(told.value)
        assert item_id in query or item_id not in str(told.value)


def test_likes_come_back_from_their_files(public: None, library: Library) -> None:
    ids, paths = library.items()["id"].to_pylist(), library.items()["path"].to_pylist()
    feedback = Feedback({ids[0]: 2.0}, {ids[1]: 1.0}, {ids[2]: None})
    named = dict(zip(ids, paths, strict=True))
    for data in (
        feedback_json(feedback, named, redact=short_name),
        likes_csv(feedback, named, redact=short_name),
    ):
        assert not any(item_id.encode() in data for item_id in ids) and str(library.path.parent).encode() not in data
        found, unknown = read_feedback(data, get_item_names(library))
        assert list(found.liked) == ids[:1] and not unknown
    with pytest.raises(KeyError):
        get_item_names(library)[ids[0]]
    assert get_item_names(library)[seal(ids[0])] == ids[0]


def test_what_strangers_write_is_not_kept(public: None) -> None:
    tracemalloc.start()
    for number in range(50):
        assert unseal(f"{number}" * 100_000) == f"{number}" * 100_000
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 1e6


def test_a_secret_that_is_there_is_used_whoever_holds_its_lock(tmp_path: Path, public: None) -> None:
    path = tmp_path / "home" / ".secret"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"k" * 32)
    with locked(path):
        assert hide("a photo") == hashlib.blake2b(b"a photo", digest_size=12, key=b"k" * 32).hexdigest()


@pytest.mark.parametrize("damaged", [b"", b"short"])
def test_a_secret_that_can_be_guessed_is_made_anew(tmp_path: Path, public: None, damaged: bytes) -> None:
    path = tmp_path / "home" / ".secret"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(damaged)
    assert hide("a photo") != hashlib.blake2b(b"a photo", digest_size=12, key=damaged).hexdigest()
    assert len(path.read_bytes()) == 32


def test_the_projector_gets_pictures_from_a_public_server_too(
    public: None, library: Library, encoder: ColorEncoder, tmp_path: Path
) -> None:
    export_vectors(library, encoder.id, tmp_path / "vectors.zip", sprite=True, redact=short_name)
    with zipfile.ZipFile(io.BytesIO((tmp_path / "vectors.zip").read_bytes())) as archive:
        assert "sprite.png" in archive.namelist()


def test_exports_name_items_as_links_do(public: None, library: Library, encoder: ColorEncoder, tmp_path: Path) -> None:
    export_vectors(library, encoder.id, tmp_path / "vectors.csv", redact=short_name)
    table = (tmp_path / "vectors.csv").read_text()
    ids = library.items()["id"].to_pylist()
    assert any(seal(item_id) in table for item_id in ids) and not any(item_id in table for item_id in ids)
