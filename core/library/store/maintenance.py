"""Keeping a library's tables small and current: orphaned vectors, compaction, an older format."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from core.library.ingest.staging import is_staging_id, split_staging_id
from core.library.schema import FORMAT_VERSION, RULES, SAMPLING
from core.library.store.annotations import TABLES
from core.library.store.caption_vectors import sweep_captions
from core.library.store.manifest import write_manifest
from core.library.store.passages import TABLE as PASSAGES
from core.library.store.tables import DamagedTable, TableFolder, delete_rows, explain_failed_write, table_name


def upgrade(tables: TableFolder, about: Mapping[str, Any]) -> dict[str, Any]:
    """Brings a library of an earlier format up to date, before its first write; returns its manifest."""
    if about["format"] >= FORMAT_VERSION:
        return dict(about)
    new = [(name, SAMPLING) for name in tables.vector_names()] + [("items", RULES)]
    for name, column in new:
        if (table := tables.open(name)) is not None and column.name not in table.schema.names:
            with tables.changing(name):
                table.add_columns(column)
    current = {**about, "format": FORMAT_VERSION}
    with explain_failed_write(tables.path):
        write_manifest(tables.path, current)
    return current


def sweep(tables: TableFolder, *, drop_unfinished: bool) -> None:
    """Deletes vectors and passages that belong to no item, and compacts all tables. See `Library.sweep`."""
    ids = tables.column("items", "id")
    if ids is None:  # the table is lost and may be made again: then all vectors are still needed
        return
    for entry in tables.encoders():
        with suppress(DamagedTable):  # opening the vectors of this encoder reports the damage
            _sweep_vectors(tables, entry.id, set(ids), drop_unfinished)
    _sweep_passages(tables, set(ids))
    sweep_captions(tables)
    for name in (*TABLES, "items"):
        with suppress(DamagedTable):
            # read first: compacting a damaged table fails in the same way as a full disk
            if tables.read(name, lambda table: len(table.to_arrow())):
                tables.compact(name)


def _sweep_vectors(tables: TableFolder, encoder_id: str, known: set[str], drop_unfinished: bool) -> None:
    name = table_name(encoder_id)
    ids = set(tables.column(name, "item_id") or ())
    owners = {value: split_staging_id(value)[0] for value in ids}
    orphans = {value for value in ids if owners[value] not in known}
    if drop_unfinished:
        orphans |= {value for value in ids if is_staging_id(value) and owners[value] in ids}
    if (table := tables.open(name)) is not None:
        with tables.changing(name):
            delete_rows(table, "item_id", sorted(orphans))
        tables.compact(name)


def _sweep_passages(tables: TableFolder, known: set[str]) -> None:
    with suppress(DamagedTable):  # indexing reports the damage
        orphans = set(tables.column(PASSAGES, "item_id") or ()) - known
        if (table := tables.open(PASSAGES)) is not None:
            with tables.changing(PASSAGES):
                delete_rows(table, "item_id", sorted(orphans))
            tables.compact(PASSAGES)
