"""What strangers may do, without the pages: the policy, the queue of heavy work, and what is left of a visit."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakes import ColorEncoder
from media import write_video
from PIL import Image

from core import Library, ingest, parse_query, search
from core.cleanup.findings import Finding, findings_csv, paths_list
from core.errors import DataError
from core.library.public.session_folders import cache_dir_for, get_visit_folder, get_visits_folder
from core.library.registry import temporary_library
from core.library.uploads import save_uploads
from core.policy import SETTINGS, get_policy
from core.previews.thumbnails import make_thumbnail
from core.share.hits import hits_csv, write_hits_zip
from ui.session.queue import QUEUE, Busy, Queue, Ticket, place_text
from ui.session.visit import Visit, end_expired

ROOT = Path(__file__).parents[2]


@pytest.fixture
def public(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEMBLANCE_PUBLIC", "1")


# the policy


def test_local_and_public_are_one_object_with_other_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    local = get_policy()
    monkeypatch.setenv("SEMBLANCE_PUBLIC", "yes")
    strict = get_policy()
    assert local.may_write_shared and local.may_see_paths and local.may_load_models
    assert not (strict.may_write_shared or strict.may_see_paths or strict.may_load_models)
    assert all(getattr(strict, name) <= getattr(local, name) for name in SETTINGS)
    assert (strict.visit_jobs, strict.jobs) == (1, 2)


def test_limits_are_read_from_the_environment(public: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEMBLANCE_MAX_FILE_MB", "7")
    assert get_policy().file_bytes == 7_000_000
    for wrong in ("many", "0", "-3", "nan"):
        monkeypatch.setenv("SEMBLANCE_MAX_FILE_MB", wrong)
        with pytest.raises(DataError, match="SEMBLANCE_MAX_FILE_MB"):
            get_policy()


def test_every_setting_stands_in_the_docs_with_its_defaults() -> None:
    text = (ROOT / "docs" / "public.md").read_text()
    for setting in SETTINGS.values():
        row = next(line for line in text.splitlines() if f"`{setting.name}`" in line)
        assert f"| {setting.public:g} |" in row.replace(",", ""), row


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("The library '/srv/My Photos/lib a' cannot be opened.", "The library 'lib a' cannot be opened."),
        ("There is no file /srv/My Photos/x.jpg: check", "There is no file x.jpg: check"),
        ("in ~/Pictures/x.png", "in x.png"),
        ("file:///srv/media/x.mp4", "x.mp4"),
        ("/etc", "etc"),
        ("AC/DC, and/or 1 / 2, https://example.org/a", "AC/DC, and/or 1 / 2, https://example.org/a"),
    ],
)
def test_messages_lose_their_folders(public: None, text: str, shown: str) -> None:
    assert get_policy().redact_paths(text) == shown


def test_long_messages_hold_nobody_up(public: None) -> None:
    long = "/" + "a" * 200_000  # such as the name of a campaign, or of a file in an archive
    began = time.monotonic()
    assert get_policy().redact_paths(f"'{long}' and '{long}") == f"'{long[1:]}' and '{long[1:]}"
    assert time.monotonic() - began < 2, "the time is linear, not quadratic"


def test_messages_keep_their_folders_at_home() -> None:
    assert get_policy().redact_paths("see /srv/photos/x.jpg") == "see /srv/photos/x.jpg"


def test_what_is_taken_away_names_no_folder(public: None, library: Library, encoder: ColorEncoder) -> None:
    hits = search(library, encoder, parse_query("red")).hits
    findings = [Finding(hit.item, "why", best=hits[0].item.path) for hit in hits]
    redact, buffer = get_policy().display_path, io.BytesIO()
    write_hits_zip(hits, buffer, redact=redact)
    with zipfile.ZipFile(buffer) as archive:
        inside = b"".join(archive.read(name) for name in archive.namelist() if name.endswith(".csv"))
    texts = [
        hits_csv(hits, redact=redact),
        findings_csv(findings, redact=redact),
        paths_list(findings, redact=redact).decode(),
        inside.decode(),
    ]
    assert all("red.png" in text and "/" not in text for text in texts)
    assert [row["path"] for row in csv.DictReader(io.StringIO(texts[0]))] == [Path(hit.item.path).name for hit in hits]


# uploads


def png(width: int = 40, height: int = 30, colour: str = "red") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(buffer, "PNG")
    return buffer.getvalue()


def refused(library: Library, name: str, data: bytes, kept: tuple[int, int] = (0, 0)) -> str:
    """Why a file is refused, which then is not there."""
    report = save_uploads(library, [(name, io.BytesIO(data))], uploaded=kept, limits=get_policy())
    assert not report.saved and not list(report.folder.iterdir())
    return report.refused[0][1]


def test_each_limit_of_uploads_has_its_message(
    public: None, library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEMBLANCE_MAX_FILE_MB", "1")
    monkeypatch.setenv("SEMBLANCE_MAX_MEGAPIXELS", "1")
    monkeypatch.setenv("SEMBLANCE_MAX_VIDEO_SECONDS", "2")
    assert "larger than 1 MB" in refused(library, "a.jpg", bytes(1_000_001))
    assert "1,200 x 1,000 pixels are over the limit of 1 megapixels" in refused(library, "a.png", png(1200, 1000))
    video = write_video(tmp_path / "long.mp4", seconds_each=3)
    assert "lasts" in refused(library, "long.mp4", video.read_bytes())
    assert "keeps 200 files" in refused(library, "a.png", png(), kept=(200, 0))
    assert "keeps 500 MB" in refused(library, "a.png", png(), kept=(3, 500_000_000))
    assert save_uploads(library, [("a.png", io.BytesIO(png()))], uploaded=(199, 0), limits=get_policy()).kept == (
        200,
        len(png()),
    )


def test_archives_are_unpacked_within_limits(public: None, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEMBLANCE_MAX_ZIP_FILES", "2")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(4):
            archive.writestr(f"{number}.png", png(40 + number))
    report = save_uploads(library, [("four.zip", buffer)], limits=get_policy())
    assert len(report.saved) == 2 and "holds 4 files" in report.refused[0][1]
    monkeypatch.setenv("SEMBLANCE_MAX_UPLOAD_MB", "1")
    report = save_uploads(library, [("large.zip", io.BytesIO(bytes(1_000_001)))], limits=get_policy())
    assert not report.saved and "larger than 1 MB" in report.refused[0][1]


# visits


def test_files_of_a_visit_go_with_it(encoder: ColorEncoder) -> None:
    visit = Visit("a", "session")
    library = visit.library("This visit")
    ingest(library, encoder, save_uploads(library, [("a.png", io.BytesIO(png()))], limits=get_policy()).saved)
    item = search(library, encoder, parse_query("red")).hits[0].item
    make_thumbnail(item)
    place = cache_dir_for(item.path)
    assert visit.uploaded() == (1, len(png()))
    assert list((place / "thumbnails").rglob("*.webp")), "made of an upload, it lies with the visit"
    assert get_visit_folder(library.path) == place and get_visit_folder(ROOT) is None
    there = [True]
    visits = [visit]
    end_expired(visits, lambda _: there[0], visit.seen + 1000)
    assert library.path.is_dir()
    there[0] = False
    end_expired(visits, lambda _: there[0], visit.seen + 100)  # it may come back
    assert library.path.is_dir()
    end_expired(visits, lambda _: there[0], visit.seen + 1000)
    assert not place.exists() and not visits


def test_files_of_a_visit_stay_until_its_work_has_stopped() -> None:
    visit = Visit("a visit that works", "session")
    library = visit.library("This visit")
    ticket = Ticket(visit.id, "Indexing", threading.Event())
    visits = [visit]
    QUEUE.enter(ticket)
    with QUEUE.turn(ticket):
        end_expired(visits, lambda _: False, visit.seen + 1000)
        assert ticket.cancel.is_set() and library.path.is_dir() and visits, "it may still write there"
    end_expired(visits, lambda _: False, visit.seen + 1020)
    assert not library.path.exists() and not visits


@pytest.mark.slow
@pytest.mark.reliability
def test_a_killed_server_leaves_nothing_for_long(tmp_path: Path) -> None:
    lines = """
from core.library.public.session_folders import make_visit_folder
folder = make_visit_folder()
print(folder.name, flush=True)
input()
"""
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", lines]

    def another() -> Path:
        done = subprocess.run(command, cwd=ROOT, env=environment, input=b"\n", capture_output=True, check=True)
        return Path(done.stdout.decode().strip())

    with subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        left = Path(first.stdout.readline().decode().strip())
        assert left.is_dir()
        assert not another().exists(), "one that ends takes its visits along"
        assert left.is_dir(), "and leaves those of one that lives alone"
        first.kill()
    assert left.is_dir()
    another()
    assert not left.exists()


def test_visits_lie_where_nobody_else_may_look() -> None:
    library, folder = temporary_library("x")
    assert get_visits_folder().stat().st_mode & 0o077 == 0
    assert library.path.is_relative_to(get_visits_folder()) and get_visits_folder().parent == Path(
        tempfile.gettempdir()
    )
    folder.cleanup()


# the queue


class Work:
    """Jobs that run until they are let go, and the order in which they began."""

    def __init__(self) -> None:
        self.queue = Queue()
        self.began: list[str] = []
        self.threads: list[threading.Thread] = []
        self.ends: dict[Ticket, threading.Event] = {}

    def start(self, visit: str, *, nested: bool = False) -> Ticket:
        ticket = Ticket(visit, f"work of {visit}", threading.Event())
        self.queue.enter(ticket)
        self.ends[ticket] = threading.Event()
        thread = threading.Thread(target=self._run, args=(ticket, nested), daemon=True)
        self.threads.append(thread)
        thread.start()
        return ticket

    def _run(self, ticket: Ticket, nested: bool) -> None:
        with self.queue.turn(ticket) as is_mine:
            if is_mine:
                self.began.append(ticket.visit)
                if nested:
                    inner = self.start(ticket.visit)
                    until(lambda: inner.running)
                    self.end(inner)
                    until(lambda: inner not in self.queue.tickets)
                self.ends[ticket].wait(20)

    def end(self, ticket: Ticket) -> None:
        self.ends[ticket].set()
        until(lambda: ticket not in self.queue.tickets)


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.005)


@pytest.fixture
def work() -> Iterator[Work]:
    work = Work()
    yield work
    for end in work.ends.values():
        end.set()
    for thread in work.threads:
        thread.join(10)
    assert not any(thread.is_alive() for thread in work.threads) and not work.queue.tickets


def test_a_few_jobs_run_and_the_others_wait_in_their_order(public: None, work: Work) -> None:
    tickets = []
    for name in "abcde":
        tickets.append(work.start(name))
        until(lambda: tickets[-1].running or len(tickets) > 2)
    assert work.began == ["a", "b"]
    assert [work.queue.before(entry) for entry in tickets] == [None, None, 2, 3, 4]
    work.end(tickets[1])
    until(lambda: work.began == ["a", "b", "c"])
    assert [work.queue.before(entry) for entry in tickets[3:]] == [2, 3]
    for entry in (tickets[0], tickets[2], tickets[3]):
        work.end(entry)
    until(lambda: work.began == list("abcde"))


def test_a_visit_has_one_job_and_is_told_which(public: None, work: Work) -> None:
    first = work.start("a")
    with pytest.raises(Busy, match=r"Your other job still runs \(work of a\): stop it or wait"):
        work.start("a")
    first.cancel.set()  # its work goes on for a moment
    second = work.start("a")
    third = work.start("b")
    until(lambda: third.running)
    assert not second.running, "what was told to stop still works for this visit, and others are not held up by it"
    work.end(third)
    work.end(first)
    until(lambda: second.running)


def test_who_is_cancelled_leaves_the_queue(public: None, work: Work) -> None:
    running = [work.start("a"), work.start("b")]
    until(lambda: all(entry.running for entry in running))
    waiting, last = work.start("c"), work.start("d")
    waiting.cancel.set()
    until(lambda: waiting not in work.queue.tickets)
    assert work.queue.before(last) == 2
    work.end(running[0])
    until(lambda: last.running)
    assert work.began == ["a", "b", "d"]


def test_a_visit_that_ends_stops_its_work_but_for_what_outlives_it(public: None, work: Work) -> None:
    own = work.start("a")
    lasting = Ticket("a", "indexing", threading.Event(), lasting=True)
    work.queue.tickets.append(lasting)
    work.queue.forget("a")
    assert own.cancel.is_set() and not lasting.cancel.is_set()
    work.queue.leave(lasting)


def test_a_job_that_starts_another_does_not_wait_for_itself(
    public: None, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEMBLANCE_MAX_JOBS", "1")
    outer = work.start("a", nested=True)
    until(lambda: work.began == ["a", "a"])
    other = work.start("b")
    assert not other.running
    until(lambda: len(work.queue.tickets_of("a")) == 1)
    work.end(outer)
    until(lambda: other.running)


def test_many_visits_at_once_all_have_their_turn(public: None, work: Work) -> None:
    most = [0]
    lock, running = threading.Lock(), [0]

    def run(ticket: Ticket) -> None:
        with work.queue.turn(ticket) as is_mine:
            with lock:
                running[0] += is_mine
                most[0] = max(most[0], running[0])
            time.sleep(0.002)
            with lock:
                running[0] -= is_mine

    tickets = [Ticket(str(number), "work", threading.Event()) for number in range(30)]
    for entry in tickets:
        work.queue.enter(entry)
    threads = [threading.Thread(target=run, args=(entry,)) for entry in tickets]
    for entry in threads:
        entry.start()
    for entry in threads:
        entry.join(20)
    assert most[0] == 2 and not work.queue.tickets


def test_at_home_nobody_waits(work: Work) -> None:
    tickets = [work.start("a") for _ in range(8)]
    until(lambda: all(ticket.running for ticket in tickets))


def test_who_waits_is_told_the_place() -> None:
    assert place_text(3) == "Busy: 3 visitors are ahead of you." and "1 visitor is" in place_text(1)
    assert "next" in place_text(0)
