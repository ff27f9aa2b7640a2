"""Ratings are read as MovieLens has them; what is no such thing is refused with a reason."""

from __future__ import annotations

import http.server
import io
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

import core.learn.ratings
from core.errors import Cancelled, DataError
from core.learn.download import download_movielens
from core.learn.ratings import read_ratings
from core.policy import LOCAL
from core.progress import Task

RATINGS = b"userId,movieId,rating,timestamp\n1,10,4.0,300\n1,7,3.5,100\n1,3,5.0,200\n2,10,1.0,50\n2,3,2.0,60\n"
MOVIES = (
    b'movieId,title,genres\n3,"Matrix, The (1999)",Action|Sci-Fi\n7,Heat (1995),Action|Crime\n'
    b"10,Ninth of May,(no genres listed)\n11,Another (2001),Action\n"
)


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def test_a_folder_and_a_zip_are_read_alike(tmp_path: Path) -> None:
    for name, data in (("ratings.csv", RATINGS), ("movies.csv", MOVIES)):
        (tmp_path / name).write_bytes(data)
    archive = zipped({"ml-small/ratings.csv": RATINGS, "ml-small/movies.csv": MOVIES, "__MACOSX/ratings.csv": b"x"})
    (tmp_path / "ml.zip").write_bytes(archive)
    for source in (tmp_path, tmp_path / "ml.zip", archive):
        watched = read_ratings(source)
        movies, log = watched.movies, watched.log
        first = [movies.name(item) for item in log.user_session(log.user_names.index("1"))]
        assert first == ["Heat (1995)", "The Matrix (1999)", "Ninth of May"], "in the order of time"
        by_title = dict(zip(movies.titles, movies.genres, strict=True))
        assert by_title["The Matrix"] == ("Sci-Fi", "Action"), "the rarest genre is the main one"
        assert by_title["Ninth of May"] == () and "Another" not in movies.titles
        assert not watched.notes and not watched.simulated


def test_the_older_editions_are_read() -> None:
    dat = zipped({
        "ml-1m/ratings.dat": b"1::1193::5::978300760\n1::661::3::978302109\n2::661::3::978301968\n",
        "ml-1m/movies.dat": "661::Les Misérables (1995)::Drama|Musical\n1193::Big (1988)::Comedy\n".encode("latin-1"),
    })  # fmt: skip
    flags = "|".join("1" if at in (5, 10) else "0" for at in range(19))
    old = zipped({
        "ml-100k/u.data": b"196\t242\t3\t881250949\n196\t302\t3\t891717742\n",
        "ml-100k/u.item": f"242|Kolya (1996)|24-Jan-1997||http://x|{flags}\n302|Big, The|||x|{flags}\n".encode(),
    })  # fmt: skip
    movies = read_ratings(dat).movies
    assert set(movies.titles) == {"Les Misérables", "Big"} and sorted(movies.years) == [1988, 1995]
    movies = read_ratings(old).movies
    assert set(movies.titles) == {"Kolya", "The Big"} and set(movies.genres[0]) == {"Comedy", "Film-Noir"}


def test_ratings_alone_are_enough(tmp_path: Path) -> None:
    watched = read_ratings(RATINGS)
    assert set(watched.movies.titles) == {"movie 3", "movie 7", "movie 10"} and "movies.csv" in watched.notes[0]
    with_list = read_ratings(RATINGS, movies=MOVIES)
    assert "Heat" in with_list.movies.titles and not with_list.notes
    without_time = read_ratings(b"userId,movieId\n1,5\n1,4\n")
    assert without_time.log.item_names == ("5", "4") and without_time.log.times.tolist() == [0, 1]


def test_no_more_is_read_than_fits_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.learn.ratings, "MOST_ROWS", 4)
    watched = read_ratings(RATINGS)
    assert watched.log.user_names == ("1",) and len(watched.log) == 3, "whole viewers"
    assert "first 3 ratings" in watched.notes[0]
    monkeypatch.setattr(core.learn.ratings, "MOST_ROWS", 100)
    monkeypatch.setattr(core.learn.ratings, "MOST_MOVIES", 2)
    watched = read_ratings(RATINGS, movies=MOVIES)
    assert set(watched.movies.titles) == {"The Matrix", "Ninth of May"} and len(watched.log) == 4
    assert "2 most watched of 3" in watched.notes[0]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "cannot be read"),
        (b"\x00\xff\x00\x01", "cannot be read"),
        (b"a,b\n1,2\n", "userId"),
        (b"userId,movieId\n", "no ratings"),
        (b"userId,movieId,timestamp\n1,2,yesterday\n", "seconds"),
        (b'userId,movieId\n1,2,3,4,"\n', "cannot be read"),
        (zipped({"readme.txt": b"hello"}), "no ratings in it"),
        (zipped({"ratings.csv": RATINGS})[:-30], "cannot be read|userId"),
        (zipped({"ratings.csv": RATINGS, "movies.csv": b"a,b\n1,2\n"}), "movieId"),
    ],
)
def test_what_is_no_rating_is_refused_with_a_reason(data: bytes, why: str) -> None:
    with pytest.raises(DataError, match=why):
        read_ratings(data)


def test_a_zip_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    small = replace(LOCAL, unpacked_bytes=1_000_000)
    with pytest.raises(DataError, match="unpacks to more"):
        read_ratings(zipped({"ratings.csv": b"userId,movieId\n" + b"1,2\n" * 300_000}), limits=small)
    with pytest.raises(DataError, match="2 files"):
        read_ratings(zipped({"ratings.csv": RATINGS, "movies.csv": MOVIES}), limits=replace(LOCAL, zip_files=1))
    with pytest.raises(DataError, match="larger than 50 MB"):
        read_ratings(zipped({"ratings.csv": RATINGS, "movies.csv": bytes(50_000_001)}))
    monkeypatch.chdir(tmp_path)
    read_ratings(zipped({"../../ratings.csv": RATINGS}))
    assert not list(tmp_path.rglob("*")), "nothing is written"


class Mirror(NamedTuple):
    """A server of the zips, and what it was asked for."""

    address: str
    asked: list[str]


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    """A server that has ml-100k."""
    asked: list[str] = []

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            data = zipped({"ratings.csv": RATINGS, "movies.csv": MOVIES}) if "100k" in self.path else b"<html>"
            self.send_response(200)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("localhost", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("SEMBLANCE_HOME", str(tmp_path))
        monkeypatch.setenv("no_proxy", "localhost")
        yield Mirror(f"http://localhost:{server.server_port}/", asked)
        server.shutdown()


def test_movielens_is_downloaded_once(mirror: Mirror) -> None:
    seen: list[int] = []
    task = Task(lambda now: seen.append(now.done))
    assert len(download_movielens("ml-100k", files=mirror.address, task=task).log) == 5
    assert download_movielens("ml-100k", files=mirror.address).source == "MovieLens ml-100k"
    assert mirror.asked == ["/ml-100k.zip"] and seen


def test_what_is_not_movielens_is_not_kept(mirror: Mirror, tmp_path: Path) -> None:
    with pytest.raises(DataError):
        download_movielens("ml-1m", files=mirror.address)
    assert not list(tmp_path.rglob("*.zip"))
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        download_movielens("ml-100k", files=mirror.address, task=Task(cancel=stop))


def test_without_a_network_it_says_what_to_do_instead(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SEMBLANCE_HOME", str(tmp_path))
    monkeypatch.setenv("no_proxy", "localhost")
    with pytest.raises(DataError, match="simulated viewers"):
        download_movielens("ml-100k", files="http://localhost:9/")
    with pytest.raises(DataError, match="Unknown edition"):
        download_movielens("ml-5")  # type: ignore[arg-type]
