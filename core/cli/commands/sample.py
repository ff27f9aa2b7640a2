"""`sample`: builds the sample library."""

from __future__ import annotations

from typing import Any

from core.cli.options import Options, add_command, add_encoder, get_encoder
from core.progress import Task


def add(tree: Any) -> None:
    """Adds `sample`."""
    add_encoder(add_command(tree, "sample", "build the sample library", sample))


def sample(options: Options, task: Task) -> dict[str, Any]:
    """`sample`."""
    from core.explore.atlas import prepare_atlas
    from core.library import Library
    from core.library.samples.library import build_sample, sample_path

    encoder = get_encoder(options, task)
    report = build_sample(encoder, task=task)
    prepare_atlas(Library(sample_path()), encoder, task=task)
    return {"library": str(sample_path()), "items": report.items, "added": report.added, "failed": report.failed}
