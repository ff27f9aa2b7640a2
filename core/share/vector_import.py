"""Imports vectors that were made elsewhere, under the encoder that the file names or else under one of their own.

Media files are read for their hashes and sizes only; nothing is embedded."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.deprecated import task_keywords
from core.encoders import Encoder, get_encoder_info, get_tower_name, open_encoder
from core.encoders.base import Vectors
from core.encoders.hub.files import is_cached
from core.encoders.precomputed import imported_name, imported_title
from core.errors import DataError, EncoderError, MediaError
from core.library.ingest.known import new_item_id
from core.library.ingest.reader import ReadFile, read_ahead, read_file
from core.library.ingest.scan import FoundFile
from core.library.item_lookup import Matcher
from core.library.schema import Item, Label, LabelledBy, VectorRow
from core.library.store import Library
from core.library.weights import find_weights
from core.media.modalities import VIDEO, get_modality
from core.media.modality import Segment
from core.policy import LOCAL, Policy
from core.progress import SILENT, Task
from core.share.vector_formats import open_vectors
from core.share.vector_readers import VectorFile
from core.utils.files import to_absolute

_STOPPED = "Stopped: what was imported until then stays, and importing again goes on."


@dataclass(slots=True)
class ImportReport:
    """What an import added.

    Attributes
    ----------
    encoder : str
        Name of the encoder that the vectors belong to.
    dim, vectors, items : int
        Numbers in a vector; vectors, and items that have one.
    added : int
        Items that are new to the library.
    labels, captions : int
        Labels and captions that came with the vectors.
    left_out : list of (str, str)
        Path and reason of each row that could not be used.
    seconds : float
        Duration of the import.
    """

    encoder: str
    dim: int
    vectors: int = 0
    items: int = 0
    added: int = 0
    labels: int = 0
    captions: int = 0
    left_out: list[tuple[str, str]] = field(default_factory=list)
    seconds: float = 0.0


@task_keywords
def import_vectors(
    library: Library,
    path: Path | str,
    *,
    name: str | None = None,
    root: Path | str | None = None,
    new_files: bool = True,
    may_open: Callable[[str], bool] | None = None,
    limits: Policy = LOCAL,
    task: Task = SILENT,
) -> ImportReport:
    """Imports the vectors of a file into a library, at unit length.

    Vectors replace those that an item has of the same encoder.

    Parameters
    ----------
    library : Library
        Where the vectors go.
    path : Path or str
        The file, see `open_vectors`.
    name : str, optional
        Name of the vectors, by default that of the file: they belong to the encoder "imported:NAME:DIM", unless the
        file names an encoder that is installed here.
    root : Path or str, optional
        The folder that relative paths start from, by default that of the file.
    new_files : bool
        Whether files that the library does not know are opened and added.
    may_open : callable, optional
        Whether the encoder of a name is offered here; by default each that is on this machine. Whatever it says, a
        file starts no download and opens no folder.
    limits : Policy
        `import_bytes`: what the file may unpack to.
    task : Task, optional
        Its progress is in files, then in vectors. Once it is cancelled, what was imported until then stays.

    Returns
    -------
    ImportReport
        What was added, and the rows that were left out: their file is unknown, or their vector is zero or not finite.

    Raises
    ------
    DataError
        No row can be used.
    EncoderError
        The name is not possible.
    LibraryError
        The library is damaged, or somebody else writes to it.
    Cancelled
        `task` was cancelled.
    """
    file = open_vectors(path, limits=limits)
    encoder = _resolve_encoder(library, file, name, may_open)
    start = to_absolute(root) if root is not None else file.path.parent
    with library.writing():
        run = _Import(library, file, encoder, start, new_files, task)
        return run.run()


def _resolve_encoder(
    library: Library, file: VectorFile, name: str | None, may_open: Callable[[str], bool] | None
) -> Encoder:
    """The encoder that the file names, if it is here as it was there, with the weights by which the library is
    searched; else one for these vectors alone."""
    own = open_encoder(imported_name(file.path.stem if name is None else name, file.dim))
    if not _may_be_here(file.encoder_name) or (may_open is not None and not may_open(file.encoder_name)):
        return own
    try:
        encoder = open_encoder(find_weights(library, file.encoder_name))
    except EncoderError:
        return own
    if encoder.id != file.encoder_id:
        return own
    if encoder.dim != file.dim:
        raise DataError(f"{file.path.name} says it is of {encoder.name}, whose vectors have {encoder.dim} numbers.")
    return encoder


def _may_be_here(name: str) -> bool:
    """False for what would have to be fetched, or opened from a folder: a file may name anything."""
    name = get_tower_name(name)
    info = get_encoder_info(name)
    return (info is not None and info.is_local) or imported_title(name) is not None or is_cached(name)


class _Import:
    """One run: the items that rows belong to, then the vectors, and at last the items that are new."""

    def __init__(
        self, library: Library, file: VectorFile, encoder: Encoder, root: Path, new_files: bool, task: Task
    ) -> None:
        self.library, self.file, self.encoder = library, file, encoder
        self.task, self.started = task, time.monotonic()
        self.report = ImportReport(encoder.name, encoder.dim)
        items = [Item.from_row(row) for row in library.items().to_pylist()]
        self.known = {item.id for item in items}
        self.ids = set(self.known)
        self.matcher = Matcher([item for item in items if item.status != "failed"], root, new=new_files)
        self.paths: list[str] = [path or "" for path in file.about["path"].to_pylist()]
        self.hashes = self._column("content_hash")
        self.replaced = library.vector_ids(encoder.id)
        self.arrived: dict[str, Item] = {}

    def run(self) -> ImportReport:
        owners = self._owners()
        times = Times(self._column("start_s"), self._column("end_s"), owners)
        self._write(owners, times)
        if not self.arrived:
            why = f" ({self.paths[0]}: {self.report.left_out[0][1]})" if self.report.left_out else ""
            raise DataError(
                f"Not one row of {self.file.path.name} can be used{why} Check its paths, or give their folder."
            )
        new = [item for item in self.arrived.values() if item.id not in self.known]
        for first in range(0, len(new), 5_000):
            self.library.put_items(new[first : first + 5_000])
        self._tell_more(owners)
        self.library.sweep()
        report = self.report
        report.items, report.added, report.seconds = len(self.arrived), len(new), time.monotonic() - self.started
        return report

    # whose vectors they are

    def _owners(self) -> list[Item | None]:
        """(rows,) the item of each."""
        request = list(zip(self.paths, self.hashes, strict=True))
        found = {entry: self.matcher.find(*entry) for entry in dict.fromkeys(request)}
        files = list(dict.fromkeys(match.file for match in found.values() if match.file))
        taken_in = self._read(files)
        owners: dict[tuple[str, str | None], Item | None] = {}
        for entry, match in found.items():
            item = match.item or taken_in.get(match.file or "")
            reason = match.reason
            if isinstance(item, str):
                item, reason = None, item
            if item is not None and entry[1] and item.content_hash != entry[1] and match.item is None:
                item, reason = None, "The file has changed since this vector was made."
            owners[entry] = item
            if item is None:
                self.report.left_out.append((entry[0], reason or "It could not be read."))
        return [owners[entry] for entry in request]

    def _read(self, files: Sequence[str]) -> dict[str, Item | str]:
        """Files as new items, or why they cannot be read."""
        found: dict[str, Item | str] = {}
        read = partial(read_file, min_side=1, wants_content=lambda *_: False)
        listed = [FoundFile(path, 0, 0) for path in files]
        stage = self.task.stage("read files", "files")
        for entry in read_ahead(listed, read, ahead=8, task=self.task):
            found[entry.file.path] = entry.reason or self._item_of(entry)
            if len(found) % 16 == 0 or len(found) == len(files):
                stage.report(len(found), len(files))
        self.task.check(_STOPPED)
        return found

    def _item_of(self, read: ReadFile) -> Item | str:
        path = read.file.path
        if (known := self.matcher.by_content.get(read.content_hash or "")) is not None and known.path == path:
            return known
        try:
            status = Path(path).stat()
        except OSError as error:  # gone since it was read
            return f"It cannot be read ({error.strerror})."
        item_id = new_item_id(path, read.content_hash or "", self.ids)
        self.ids.add(item_id)
        facts, modality = read.facts, get_modality(read.kind)
        if modality.is_segmented:
            try:
                facts = modality.probe(Path(path))
            except MediaError as error:
                return str(error)
        return Item(
            item_id, path, read.kind, "ok", status.st_size, status.st_mtime_ns, read.content_hash, **asdict(facts)
        )

    # their vectors

    def _write(self, owners: Sequence[Item | None], times: Times) -> None:
        samplings = self._column("sampling")
        first, stage = 0, self.task.stage("import", "vectors")
        for rows in self.file.vectors():
            self.task.check(_STOPPED)
            unit, usable = normalize_usable(rows)
            waiting: list[VectorRow] = []
            for place, vector in enumerate(unit):
                number = first + place
                item = owners[number]
                if item is None:
                    continue
                try:
                    segment = times.segment(number)
                    if not usable[place]:
                        raise DataError("Its vector is zero or not finite.")
                except DataError as error:
                    self.report.left_out.append((self.paths[number], str(error)))
                    continue
                waiting.append(VectorRow(item.id, vector, segment, samplings[number]))
                self.arrived[item.id] = item
            first += len(rows)
            self._commit(waiting)
            stage.report(first, len(self.file))

    def _commit(self, rows: list[VectorRow]) -> None:
        arrived = {row.item_id for row in rows}
        self.library.remove_vectors(self.encoder, sorted(self.replaced & arrived))
        self.replaced -= arrived
        self.library.add_vectors(self.encoder, rows)
        self.report.vectors += len(rows)

    # what else the file tells of them

    def _tell_more(self, owners: Sequence[Item | None]) -> None:
        """Labels, where nobody has given another in the same task, and captions."""
        labels: dict[tuple[str, str], Label] = {}
        captions: list[tuple[str, str]] = []
        there = {(entry.item_id, entry.task) for entry in self.library.labels()}
        rows = zip(owners, self._column("labels"), self._column("captions"), strict=True)
        for item, predictions, texts in rows:
            if item is None or item.id not in self.arrived:
                continue
            captions += [(item.id, str(text)) for text in texts if text] if isinstance(texts, list) else []
            for entry in predictions if isinstance(predictions, list) else []:
                label = _label(item.id, entry)
                if label is not None and (item.id, label.task) not in there:
                    labels[item.id, label.task] = label
        self.library.put_labels(list(labels.values()))
        self.library.put_captions(captions)
        self.report.labels, self.report.captions = len(labels), len(set(captions))

    def _column(self, name: str) -> list:
        about = self.file.about
        return about[name].to_pylist() if name in about.column_names else [None] * len(about)


def _label(item_id: str, predictions: object) -> Label | None:
    """A label as an export wrote it; None for anything else."""
    if not isinstance(predictions, dict) or not predictions.get("task") or not predictions.get("label"):
        return None
    probability = predictions.get("probability")
    by: LabelledBy = "model" if predictions.get("by") == "model" else "person"
    return Label(
        item_id,
        str(predictions["task"]),
        str(predictions["label"]),
        by,
        None if probability is None else float(probability),
    )


_AS_IT_IS = 1e-3  # a length this near to 1 is one that was rounded: such vectors come back exactly as they left


class Times:
    """The segment of each row: none of whole items; of an item's only vector all of it, where nothing is said."""

    def __init__(
        self, starts: Sequence[float | None], ends: Sequence[float | None], owners: Sequence[Item | None]
    ) -> None:
        self.starts, self.ends, self.owners = starts, ends, owners
        self.counts: dict[str, int] = {}
        for item in filter(None, owners):
            self.counts[item.id] = self.counts.get(item.id, 0) + 1
        self.seen: set[str] = set()

    def segment(self, row: int) -> Segment | None:
        """None for a whole item. Raises DataError for a row that cannot be placed."""
        item, start, end = self.owners[row], self.starts[row], self.ends[row]
        assert item is not None
        modality = get_modality(item.kind)
        if not modality.is_segmented:
            if item.id in self.seen:
                raise DataError(f"The {modality.title} has a vector in an earlier row.")
            self.seen.add(item.id)
            return None
        if start is None and self.counts[item.id] == 1:
            return Segment(0.0, item.duration_s or 1.0)
        if start is None or not np.isfinite(start) or start < 0:
            unit = ", in seconds" if item.kind == VIDEO.name else ""
            raise DataError(f"Several vectors of one {modality.title} need a column start_s{unit}.")
        return Segment(start, end if end is not None and np.isfinite(end) and end > start else start + 1.0)


def normalize_usable(rows: NDArray[np.floating]) -> tuple[Vectors, NDArray[np.bool_]]:
    """Rows (n, dim) brought to unit length, and (n,) which can be: those that are finite and not zero."""
    wide = np.asarray(rows, np.float64)
    largest = np.abs(wide).max(axis=1)
    usable = np.isfinite(largest) & (largest > 0)
    scale = np.where(usable, largest, 1.0)[:, None]  # so that squares neither overflow nor vanish
    lengths = np.linalg.norm(np.where(usable[:, None], wide, 1.0) / scale, axis=1)[:, None] * scale
    lengths[np.abs(lengths - 1) < _AS_IT_IS] = 1.0
    return (wide / lengths).astype(np.float32), usable
