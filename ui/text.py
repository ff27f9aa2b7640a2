"""How pages write names, sizes, times and counts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

import streamlit as st

from core import Item
from core.media.modalities import list_modalities
from core.media.modality import Modality
from core.policy import MB, get_policy

# where Markdown makes links by itself
_ADDRESS = re.compile(r"https?:(?=//)|www(?=\.)|[\w.+-](?=@)", re.IGNORECASE)
TABLE_TYPES = ["csv", "tsv", "parquet", "pq", "jsonl"]  # endings of the tables that `core.tables.table_reader` reads
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~:$&^=\"'@/])")


def plain(text: str) -> str:
    """Escape text from outside (file names, messages) so that Markdown shows it literally, on one line.

    In public mode folders of the server are removed. Addresses get an invisible character, as escapes do not keep them
    from becoming links.
    """
    text = _ADDRESS.sub("\\g<0>\u2060", " ".join(get_policy().redact_paths(text).split()))
    return _MARKDOWN.sub(r"\\\1", text)


def file_table(rows: Iterable[tuple[str, str]], *, key: str) -> None:
    """Show a table of files and the reason for each, as high as needed up to a limit."""
    allowed = get_policy()
    table = [{"file": allowed.display_path(name), "reason": allowed.redact_paths(reason)} for name, reason in rows]
    st.dataframe(table, hide_index=True, key=key, height=min(35 * len(table) + 38, 388))


def file_limit(most: int) -> int:
    """The limit of one uploaded file in megabytes: `most`, or less if the policy says so."""
    return min(most, int(get_policy().file_bytes // MB))


def files_label() -> str:
    """The label of an uploader, with the limit per file if it is below that of a whole upload."""
    megabytes = get_policy().file_bytes // MB
    limit = f" of up to {megabytes:,} MB each" if megabytes < zip_limit() else ""
    kinds = [modality for modality in list_modalities()[1:] if not modality.is_on_request]
    *most, last = ["Photos", *(modality.plural for modality in kinds)]
    return f"{', '.join(most)} and {last}{limit}, or zip archives of them"


def zip_limit() -> int:
    """The limit of one upload, which may be a zip, in megabytes; the server's own limit applies too."""
    return int(min(get_policy().upload_bytes, st.get_option("server.maxUploadSize") * MB) // MB)


def too_large(items: Iterable[Item]) -> bool:
    """Whether the files of items exceed what may be packed into one zip, which is made in memory."""
    return sum(item.bytes for item in items) > get_policy().unpacked_bytes


def size_text(count: int) -> str:
    """Bytes for people: 1.4 MB."""
    amount = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1000
    raise AssertionError("unreachable")


def percent(share: float, digits: int = 0) -> str:
    """A share, 0 to 1, for people: 54 %."""
    return f"{100 * share:.{digits}f} %"


def duration_text(seconds: float) -> str:
    """Seconds for people: 40 s, 3 min 20 s, 2 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def counted(count: int, noun: str) -> str:
    """1 picture, 2,048 pictures, 3 classes."""
    if count == 1:
        return f"1 {noun}"
    if noun.endswith("ss"):
        return f"{count:,} {noun}es"
    return f"{count:,} {noun[:-1]}ies" if noun.endswith("ry") else f"{count:,} {noun}s"


def counted_kind(modality: Modality, count: int) -> str:
    """So many items of a kind: 1 picture, 2,048 pictures."""
    return f"{count:,} {modality.title if count == 1 else modality.plural}"


def item_date(item: Item) -> tuple[str, datetime]:
    """("taken" or "file changed", when): the capture date if there is one, else that of the file."""
    return "taken" if item.taken_at else "file changed", item.date
