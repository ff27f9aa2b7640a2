"""A zip for the TensorBoard embedding projector (Smilkov et al. 2016): vectors, what they are of, and small pictures.

`config.pbtxt` is what `tensorboard --logdir FOLDER` looks for; on the projector's own page the two TSV files are loaded
by hand.
"""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
from PIL import Image

from core.errors import DataError, MediaError
from core.library.public.keyed_ids import unseal
from core.library.schema import Item
from core.progress import SILENT, Task
from core.share.export_rows import ExportRows, labels_text
from core.utils.tables import Redact, escape_cell

_SPRITE_SIDE = 8192  # pixels: what browsers draw at the most
_LARGEST, _SMALLEST = 64, 16  # pixels of one picture in it
_GREY = (128, 128, 128)


def write_projector(rows: ExportRows, path: Path, *, sprite: bool = False, task: Task = SILENT) -> None:
    """Writes vectors.tsv, metadata.tsv and config.pbtxt, and with sprite a picture of all pictures, into a zip.

    Raises DataError for a sprite of more vectors than it can show, and Cancelled.
    """
    from pyarrow import csv

    side = get_sprite_side(len(rows)) if sprite else 0
    lines = ["\t".join(("name", "kind", "start_s", "labels", "path"))]
    plain = csv.WriteOptions(include_header=False, delimiter="\t", quoting_style="none")
    sheet = _Sheet(rows, side) if sprite else None
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with archive.open("vectors.tsv", "w", force_zip64=True) as file:
            for part in rows.parts(task=task):
                columns = {f"v{number}": entry for number, entry in enumerate(part.vectors.T)}
                buffer = io.BytesIO()
                csv.write_csv(pa.table(columns), buffer, plain)
                file.write(buffer.getvalue())
                lines += _lines(part.about, rows.redact)
                if sheet is not None:
                    sheet.add(part.about, task)
        archive.writestr("metadata.tsv", "\n".join(lines) + "\n")
        if sheet is not None:
            archive.writestr("sprite.png", sheet.png())
        archive.writestr("config.pbtxt", _config(rows.library, side))


def get_sprite_side(count: int) -> int:
    """Pixels of each picture of a sprite of so many. Raises DataError where there are too many."""
    side = min(_LARGEST, _SPRITE_SIDE // max(1, _columns(count)))
    if side < _SMALLEST:
        most = (_SPRITE_SIDE // _SMALLEST) ** 2
        raise DataError(f"The projector shows pictures of {most:,} vectors at the most: leave them out.")
    return side


class _Sheet:
    """The sprite in the making: as many columns as rows, in the order of the vectors."""

    def __init__(self, rows: ExportRows, side: int) -> None:
        self.side, self.columns = side, _columns(len(rows))
        high = -(-len(rows) // self.columns)
        self.image = Image.new("RGB", (self.columns * side, high * side), _GREY)
        self.items = {row["id"]: row for row in rows.items.to_pylist()}
        self.count = 0

    def add(self, about: pa.Table, task: Task) -> None:
        from core.previews.thumbnails import make_thumbnail  # the decoders: only where pictures are written

        for item_id, start_s in zip(about["item_id"].to_pylist(), about["start_s"].to_pylist(), strict=True):
            task.check("Stopped: nothing was written.")
            row, column = divmod(self.count, self.columns)
            self.count += 1
            try:
                picture = Image.open(
                    io.BytesIO(make_thumbnail(Item.from_row(self.items[unseal(item_id)]), side=96, time_s=start_s))
                )
            except MediaError:
                continue  # stays grey
            picture.thumbnail((self.side, self.side))
            left = (self.side - picture.width) // 2
            self.image.paste(picture, (column * self.side + left, row * self.side + (self.side - picture.height) // 2))

    def png(self) -> bytes:
        buffer = io.BytesIO()
        self.image.save(buffer, "PNG")
        return buffer.getvalue()


def _columns(count: int) -> int:
    return int(np.ceil(np.sqrt(count)))


def _lines(about: pa.Table, redact: Redact) -> list[str]:
    found = []
    for row in about.select(["path", "kind", "start_s", "labels"]).to_pylist():
        start = "" if row["start_s"] is None else f"{row['start_s']:.2f}"
        texts = (Path(row["path"]).name, row["kind"], start, labels_text(row["labels"]), row["path"])
        found.append("\t".join(escape_cell(" ".join(text.split()), redact=redact) for text in texts))
    return found


def _config(name: str, side: int) -> str:
    """In the protobuf text format. The name is only shown, so that what it would have to escape may go."""
    picture = '  sprite {\n    image_path: "sprite.png"\n' + 2 * f"    single_image_dim: {side}\n" + "  }\n"
    return (
        f'embeddings {{\n  tensor_name: "{re.sub(r"[^0-9A-Za-z_.-]+", "_", name)}"\n'
        '  tensor_path: "vectors.tsv"\n  metadata_path: "metadata.tsv"\n'
        f"{picture if side else ''}}}\n"
    )
