"""Indexes folders into a library: scan -> read -> embed -> commit, in small steps that survive a kill.

Vectors are written before their item. A vector without an item is invisible, and the next run finds it by its id; an
item always has its vectors. So nothing is lost or stored twice. The frames of a long video are committed on the way
under a staging id, and get the item's id at the end, all at once.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from core.deprecated import task_keywords
from core.encoders.base import Encoder, reads_whole
from core.encoders.calibration import get_merge_threshold
from core.encoders.precomputed import supports_text
from core.encoders.reference_prompts import embed_reference_prompts
from core.errors import MediaError
from core.library.ingest.batch import Batch, Embedded
from core.library.ingest.captions import embed_captions
from core.library.ingest.commit import Commit
from core.library.ingest.known import IndexState, new_item_id
from core.library.ingest.raw_pairs import pass_over_raw_pairs
from core.library.ingest.reader import ReadFile, group_by_kind, prefetch, read_ahead, read_file
from core.library.ingest.scan import FoundFile, Scan, is_missing, use_known_names
from core.library.ingest.sentences import embed_passages
from core.library.ingest.staging import is_staging_id, make_staging_id, split_staging_id
from core.library.ingest.texts import is_item_file, put_captions, scan_items, take_captions
from core.library.ingest.video import Clip
from core.library.schema import Item, Kind, VectorRow
from core.library.store import Library
from core.media.modalities import PICTURE, find_modalities, get_modality
from core.media.modality import Damaged, Decoded, Facts, Modality, Segment, Wish
from core.media.rules import changes_vectors, current_rules
from core.media.sampling import Sampling
from core.progress import SILENT, Task

_SEEN_IN_PARTS = ("width", "height", "duration_s", "taken_at", "reason")  # of an item with segments


@dataclass(slots=True)
class IngestReport:
    """What a run did, in files.

    Attributes
    ----------
    redecoded
        Unchanged files that were decoded again, by rules that are newer than their items.
    missing
        Items below the scanned paths whose files do not exist.
    embedded
        Vectors computed in this run, before nearly identical frames are merged.
    video_seconds
        How much video was embedded.
    failed
        (path, reason).
    passed_over
        How many files are of no kind that is indexed, by the ending of their names; of raw files that are left to the
        JPEG beside them, the ending has that reason behind it.
    items, vectors
        Searchable items of the library, and its vectors of this encoder, after the run.
    seconds
        Duration of the run.
    """

    encoder: str
    added: int = 0
    updated: int = 0
    renamed: int = 0
    unchanged: int = 0
    redecoded: int = 0
    missing: int = 0
    embedded: int = 0
    video_seconds: float = 0.0
    failed: list[tuple[str, str]] = field(default_factory=list)
    passed_over: dict[str, int] = field(default_factory=dict)
    items: int = 0
    vectors: int = 0
    seconds: float = 0.0
    cancelled: bool = False


@task_keywords
def ingest(
    library: Library,
    encoder: Encoder,
    paths: Path | str | Iterable[Path | str],
    sampling: Sampling | None = None,
    *,
    texts: bool | None = None,
    task: Task = SILENT,
) -> IngestReport:
    """Brings the library up to date with the files below paths, and embeds what is new or changed.

    A file is unchanged if its size and modification time are; otherwise its content decides. A moved file keeps its
    vectors. A file that cannot be read becomes an item with the reason, and each run tries it again.

    Parameters
    ----------
    library
        Held by this writer for the whole run.
    encoder
        For pictures, frames and other parts.
    paths
        Files and folders, with everything below.
    sampling
        Which frames of videos. Videos with another sampling are embedded again; None keeps them, and takes one frame
        per second of new videos.
    texts
        Whether texts are read as well, such as PDF and Markdown, and captions and subtitles that lie beside pictures
        and videos. None: only below paths where the library has some. A file that is named itself is always read.
    task
        Receives the progress of each stage. Once it is cancelled, the run stops soon, with everything so far committed.
        The next run continues, also within a video.

    Raises
    ------
    LibraryError
        For a path that does not exist, another writer, or a full disk.
    EncoderError
        If the encoder cannot load.
    """
    roots = [paths] if isinstance(paths, str | Path) else list(paths)
    with library.writing():
        run = IngestRun(library, encoder, sampling, task)
        return run.run(run.scan(roots, texts=texts))


@dataclass(slots=True)
class _Pending:
    """An item to be written: its row, the key to write it by, and the counter of the report to raise."""

    item: Item
    counter: str
    key: str = "path"
    is_outdated: bool = False  # its vectors, of all encoders, are of older decoding rules


class IngestRun:
    """One run of `ingest` or `reembed`: the state of the library, the files found, and the pending commit."""

    def __init__(self, library: Library, encoder: Encoder, sampling: Sampling | None, task: Task) -> None:
        self.library, self.encoder, self.sampling = library, encoder, sampling
        self.task, self.started = task, time.monotonic()
        self.stage = task.stage("scan", "files")
        self.report = IngestReport(encoder.name)
        self.known = IndexState.load(library, encoder, sampling)
        items = list(self.known.items.values())
        self.ids = {item.id for item in items}
        self.unfinished = dict(map(split_staging_id, filter(is_staging_id, self.known.embedded)))  # item -> sampling
        self.missing: dict[str, list[Item]] = {}  # content hash -> items whose files are not at their paths
        self.duplicates = {item.content_hash: item for item in items if item.content_hash and self._has_current(item)}
        self.batch = Batch(encoder)
        self.commit = Commit(library, encoder, self.ids)

    def scan(self, paths: Sequence[Path | str], *, texts: bool | None = None) -> Scan:
        """Lists the files below paths; texts: as of `ingest`. Raises LibraryError for a path that does not exist."""
        known = self.known.items.values()
        return scan_items(paths, known, texts=texts, on_found=lambda count: self._report_progress("scan", count, None))

    def run(self, found: Scan) -> IngestReport:
        """Embeds what is new or changed among these files, and commits it. Raises LibraryError and EncoderError."""
        use_known_names(found, self.known.items)
        pass_over_raw_pairs(found, self.known.items.values())
        captions = take_captions(found)
        self._find_missing(found)
        self._drop_strangers(found)
        work = [file for file in found.files.values() if not self._is_current(file)]
        if work and supports_text(self.encoder) and not self.task.is_cancelled:  # the first search needs them
            embed_reference_prompts(self.encoder, task=Task(self.task.on_progress))
        by_kind = group_by_kind(work)
        self._embed_whole([file for modality, files in by_kind if not modality.is_segmented for file in files])
        for modality, files in by_kind:
            if modality.is_segmented:
                self._embed_segmented(modality, files)
        self._fail_unreadable(found)
        if not self.report.cancelled:
            self._mark_missing(found)
        self._commit()
        put_captions(self.library, captions)
        embed_passages(self.library, task=self.task)
        self.library.drop_superseded(self.encoder)
        self.library.sweep(drop_unfinished=not self.report.cancelled)
        embed_captions(self.library, task=self.task)  # last: what it cannot write keeps nothing else from its end
        report = self.report
        report.items = self.library.counts()["ok"]
        report.vectors = self.library.vector_count(self.encoder.id)
        report.seconds = time.monotonic() - self.started
        return report

    # what there is to do

    def _find_missing(self, found: Scan) -> None:
        for item in self.known.items.values():
            if item.path not in found.files and is_missing(item.path):
                self.missing.setdefault(item.content_hash or "", []).append(item)

    def _drop_strangers(self, found: Scan) -> None:
        """Removes failed items that are neither pictures nor videos, by an earlier version, or are left to a JPEG."""
        failed = [item for item in self.known.items.values() if item.status == "failed" and found.covers(item.path)]
        strangers = [item for item in failed if not (item.path in found.files or is_missing(item.path))]
        left = [item.id for item in strangers if item.path in found.beside_jpeg or not is_item_file(item)]
        if left:
            self.library.remove_items(left)

    def _is_current(self, file: FoundFile) -> bool:
        if not self.known.is_current(file):
            return False
        item = self.known.items[file.path]
        if item.status == "missing":  # the file is back, unchanged
            self.commit.items["path"].append(replace(item, status="ok"))
        self.report.unchanged += 1
        return True

    def _embed_whole(self, files: Sequence[FoundFile]) -> None:
        self._report_progress("embed", 0, len(files))
        for done, read in enumerate(self._read(files, self.encoder.batch_size), start=1):
            self._take(read)
            self._report_progress("embed", done - len(self.batch), len(files))
        self.batch.run()

    def _embed_segmented(self, modality: Modality, files: Sequence[FoundFile]) -> None:
        """One file at a time, with progress in bytes, which are known without opening the files."""
        done, total, stage = 0, sum(file.bytes for file in files), f"embed {modality.plural}"
        for read in self._read(files, 1):
            self._take(read, partial(self._report_share, stage, done, read.file.bytes, total))
            done += read.file.bytes
        self.batch.run()

    def _read(self, files: Sequence[FoundFile], count: int) -> Iterator[ReadFile]:
        """The files, read ahead by `count`, with commits between them when due."""
        read = partial(read_file, min_side=self.encoder.min_side, wants_content=self._wants_content)
        done = 0
        for file in read_ahead(files, read, ahead=count, task=self.task):
            yield file
            done += 1
            self._commit_if_due()
        self.report.cancelled |= done < len(files)

    def _wants_content(self, read: ReadFile, data: bytes) -> bool:
        """False if the content has vectors already, under any path, that today's rules would make as well."""
        known = self._known_content(read)
        read.is_outdated = known is not None and changes_vectors(self.known.find_rules(known), data)
        has_vectors = known is not None and self.known.has_vectors(known.id)
        return read.is_outdated or not (has_vectors or read.content_hash in self.duplicates)

    def _has_current(self, item: Item) -> bool:
        """Whether an item has vectors as they would be made now."""
        return self.known.has_vectors(item.id) and not changes_vectors(self.known.find_rules(item))

    def _known_content(self, read: ReadFile) -> Item | None:
        """The item of a file whose content has not changed."""
        known = self.known.items.get(read.file.path)
        return known if known and known.content_hash == read.content_hash else None

    # one file

    def _take(self, read: ReadFile, report: Callable[[float], None] = lambda share: None) -> None:
        """report: receives the share of a long file that is done, 0 to 1."""
        if read.reason is not None:
            self._fail(read.file, read.kind, read.reason, read.content_hash)
            return
        if self.commit.holds(read.content_hash):  # a copy of what is being embedded
            self.batch.run()
            self._commit()
        pending, known = self._resolve(read), self._known_content(read)
        modality = get_modality(read.kind)
        if self.known.has_vectors(pending.item.id) and not pending.is_outdated:
            if modality.is_segmented and (known is None or known.status == "failed"):
                pending.item = _probe(pending.item)  # an earlier run ended between its two writes
            elif modality.is_segmented and pending.counter == "redecoded":
                seen = _probe(pending.item)
                pending.item = replace(seen, duration_s=pending.item.duration_s, reason=pending.item.reason)
            self._finish(pending)
            return
        if pending.item.id in self.known.embedded:
            self.commit.replaced.add(pending.item.id)
        if duplicate := self.duplicates.get(read.content_hash or ""):
            self.commit.copy(pending.item.id, duplicate)
            facts = _SEEN_IN_PARTS if modality.is_segmented else ("reason",)
            pending.item = replace(pending.item, **{name: getattr(duplicate, name) for name in facts})
            self._finish(pending)
        elif modality.embedded_as == "text" and not supports_text(self.encoder):
            self._refuse(pending.item, f"The encoder {self.encoder.name} reads no text: choose another one.")
        elif read.content is not None:
            self.batch.add(read.content, partial(self._take_whole, pending))
        else:
            self._take_parts(pending, modality, report)

    def _resolve(self, read: ReadFile) -> _Pending:
        """The row of this file, its counter, and the key to write it by."""
        file, known = read.file, self.known.items.get(read.file.path)
        facts: dict[str, Any] = dict(
            path=file.path, kind=read.kind, status="ok", bytes=file.bytes, mtime_ns=file.mtime_ns,
            content_hash=read.content_hash,
        )  # fmt: skip
        is_segmented = get_modality(read.kind).is_segmented
        if not is_segmented:
            facts |= asdict(read.facts) | dict(reason=read.remark)
        if known and known.content_hash == read.content_hash:
            if not is_segmented and read.content is None and known.status == "ok":
                facts["reason"] = known.reason  # what is missing shows in decoding alone
            rules = self.known.find_rules(known)
            is_outdated = read.is_outdated or (is_segmented and changes_vectors(rules))
            counter = "updated" if known.status == "failed" else "redecoded" if rules else "unchanged"
            return _Pending(replace(known, **facts, rules=current_rules()), counter, is_outdated=is_outdated)
        if known is None and (missing := self.missing.get(read.content_hash or "")):
            return _Pending(replace(missing.pop(), **facts), "renamed", key="id")
        item = Item(id=self._new_id(file.path, read.content_hash or ""), **facts)
        if known:
            self.commit.succeeds[known.id] = item.id
        return _Pending(item, "updated" if known else "added")

    def _new_id(self, path: str, content_hash: str) -> str:
        item_id = new_item_id(path, content_hash, self.ids)
        self.ids.add(item_id)
        return item_id

    def _fail_unreadable(self, found: Scan) -> None:
        self.report.failed.extend(sorted((found.closed | found.misnamed).items()))
        self.report.passed_over = dict(found.passed_over.most_common())
        for path, reason in sorted(found.unreadable.items()):
            known = self.known.items.get(path)
            kind = (find_modalities(path) or [PICTURE])[0].name
            self._fail(FoundFile(path, known.bytes if known else 0, known.mtime_ns if known else 0), kind, reason, None)

    def _fail(self, file: FoundFile, kind: Kind, reason: str, content_hash: str | None) -> None:
        self.report.failed.append((file.path, reason))
        known = self.known.items.get(file.path)
        if known and (known.bytes, known.mtime_ns) == (file.bytes, file.mtime_ns):
            item = replace(known, status="failed", reason=reason)  # keeps its vectors in case it can be read again
        else:
            item_id = self._new_id(file.path, content_hash or "")
            item = Item(item_id, file.path, kind, "failed", file.bytes, file.mtime_ns, content_hash, reason=reason)
        if item != known:
            self.commit.items["path"].append(item)

    def _take_whole(self, pending: _Pending, vector: Embedded) -> None:
        if isinstance(vector, Exception):
            title = get_modality(pending.item.kind).title
            self._refuse(pending.item, f"The encoder {self.encoder.name} failed on this {title} ({vector}).")
            return
        self.commit.rows.append(VectorRow(pending.item.id, vector))
        self.report.embedded += 1
        self._finish(pending)

    def _refuse(self, item: Item, reason: str) -> None:
        """Reports a file that the encoder failed on; its item stays "ok" if another encoder has embedded it."""
        if any(self.library.item_vectors(entry.id, [item.id]) for entry in self.library.encoders()):
            self.report.failed.append((item.path, reason))
        else:
            self._fail(FoundFile(item.path, item.bytes, item.mtime_ns), item.kind, reason, item.content_hash)

    def _finish(self, pending: _Pending) -> None:
        self.known.embedded.add(pending.item.id)
        self.known.unread.discard(pending.item.id)
        if pending.is_outdated:
            self.commit.redecoded.add(pending.item.id)
        self.commit.items[pending.key].append(pending.item)
        setattr(self.report, pending.counter, getattr(self.report, pending.counter) + 1)

    # one item with segments

    def _take_parts(self, pending: _Pending, modality: Modality, report: Callable[[float], None]) -> None:
        """Embeds the parts, from where an earlier run stopped, up to the first one that cannot be read."""
        clip, item = self._clip(pending.item, modality), pending.item
        start = clip.stored.end if clip.stored and modality.is_sampled else 0.0
        wish = Wish(self.encoder.min_side, clip.sampling or Sampling(), start, task=self.task)
        try:
            with modality.decode(Path(item.path), wish) as decoded:
                pending.item = clip.item = _add_facts(item, decoded.facts)
                self.commit.clips.append(clip)
                finished, damage = self._embed_parts(clip, decoded, report)
                pending.item = replace(_add_facts(item, decoded.facts), reason=damage)
        except MediaError as error:
            self.commit.drop(clip)
            self._fail(FoundFile(item.path, item.bytes, item.mtime_ns), item.kind, str(error), item.content_hash)
            return
        if finished:
            self.batch.then(partial(self._close_clip, clip, pending))

    def _clip(self, item: Item, modality: Modality) -> Clip:
        sampling, threshold = None, math.inf
        if modality.is_sampled:
            stored = self.unfinished.get(item.id) or self.known.samplings.get(item.id)  # where it is decoded again
            sampling = self.sampling or (Sampling.parse(stored) if stored else Sampling())
            threshold = self.merge_threshold
        vector_id = make_staging_id(item.id, str(sampling) if sampling else "")
        return Clip(item, sampling, self.library.last_segment(self.encoder.id, vector_id), threshold)

    @cached_property
    def merge_threshold(self) -> float:
        return get_merge_threshold(self.encoder)

    def _embed_parts(self, clip: Clip, decoded: Decoded, report: Callable[[float], None]) -> tuple[bool, str | None]:
        """Embeds parts to the end; returns whether the run goes on, and what ended them early. Raises MediaError if
        there is no part at all."""
        any_yet, damage, cut = clip.in_part, None, 0
        with closing(prefetch(decoded.parts, self.encoder.batch_size)) as parts:
            try:
                for part in parts:
                    if self.task.is_cancelled:
                        break
                    any_yet, place = True, part.segment or Segment(0.0, 0.0)
                    clip.keep_text(part)
                    cut += isinstance(part.content, str) and not reads_whole(self.encoder, part.content)
                    if not clip.is_stored(place):
                        self.batch.add(part.content, partial(clip.take, place))
                        self.report.video_seconds += (place.end - place.start) * (clip.sampling is not None)
                        self._commit_if_due()
                    report(place.end / (decoded.extent or place.end or 1.0))
            except Damaged as error:
                if not any_yet:
                    raise
                damage = str(error)
        if cut:
            remark = f"Of {cut:,} of its parts the encoder reads the beginning only, as they are too long for it."
            damage = " ".join(filter(None, [damage, remark]))
        stopped = self.task.is_cancelled  # if so, the parts ended early
        self.report.cancelled |= stopped
        return not stopped, damage

    def _close_clip(self, clip: Clip, pending: _Pending) -> None:
        clip.close()
        self.report.embedded += clip.embedded
        if clip.is_empty:
            self.commit.drop(clip)
            parts = f"all of its {get_modality(clip.item.kind).segment}s"
            self._refuse(clip.item, f"The encoder {self.encoder.name} failed on {parts} ({clip.error}).")
            return
        clip.item = pending.item
        if clip.sampling is not None:
            self.known.samplings[clip.item.id] = str(clip.sampling)
        self._finish(pending)

    # writing

    def _commit_if_due(self) -> None:
        if self.commit.is_due:
            self._commit()

    def _commit(self) -> None:
        done = self.commit.write()
        self.duplicates |= {clip.item.content_hash: clip.item for clip in done if clip.item.content_hash}

    def _mark_missing(self, found: Scan) -> None:
        for item in (item for items in self.missing.values() for item in items):
            if found.covers(item.path):
                self.report.missing += 1
                if item.status != "missing":
                    self.commit.items["path"].append(replace(item, status="missing"))

    def _report_share(self, stage: str, before: int, size: int, total: int, share: float) -> None:
        self._report_progress(stage, before + int(min(share, 1.0) * size), total, "bytes")

    def _report_progress(self, stage: str, done: int, total: int | None, unit: str = "files") -> None:
        if stage != self.stage.name:
            self.stage = self.task.stage(stage, unit)
        self.stage.report(done, total)


def _probe(item: Item) -> Item:
    try:
        return _add_facts(item, get_modality(item.kind).probe(Path(item.path)))
    except MediaError:
        return item


def _add_facts(item: Item, facts: Facts) -> Item:
    return replace(item, **asdict(facts), reason=None)
