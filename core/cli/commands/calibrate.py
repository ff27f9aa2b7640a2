"""`calibrate`: fits what a match means to the labels or captions of a library."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from core.cli.examples import add_examples, read_captions, read_labels
from core.cli.options import Options, add_command, add_library, get_encoder
from core.cli.output import one_line
from core.progress import Task


def add(tree: Any) -> None:
    """Adds `calibrate`."""
    text = "fit the match of text queries to the labels or captions of a library, for all searches with its encoder"
    parser = add_command(tree, "calibrate", text, calibrate, show_calibration)
    add_library(parser)
    source = parser.add_mutually_exclusive_group(required=True)
    add_examples(source)
    source.add_argument("--remove", action="store_true", help="go back to the weights that the encoder came with")


def calibrate(options: Options, task: Task) -> dict[str, Any]:
    """`calibrate`."""
    from core.encoders.fitted_weights import remove_fitted
    from core.evaluation import calibrate_library
    from core.library import Library

    library = Library(options.library)
    encoder = get_encoder(options, task, library)
    if options.remove:
        return {"encoder": encoder.name, "removed": remove_fitted(encoder.id)}
    labels = None if options.labels is None else read_labels(library, options.labels)
    captions = None if labels is not None else read_captions(library, encoder, options.captions)
    return asdict(calibrate_library(library, encoder, labels=labels, captions=captions, task=task))


def show_calibration(report: dict[str, Any]) -> None:
    """Prints the figures before and after, and what is in use now."""
    name = one_line(report["encoder"])
    if "removed" in report:
        print(f"{name}: " + ("back to its own weights" if report["removed"] else "nothing was calibrated"))
        return
    print(
        f"{name}, calibrated on {report['pictures']:,} pictures with {report['source']}: {len(report['words'])} words, "
        f"{report['absent']} names that no picture shows. On halves that the fit did not see:"
    )
    rows = {"present words kept": "kept", "absent names refused": "refused", "F1 at the divider": "f1"}
    for title, key in rows.items():
        before, after = report["before"][key], report["after"][key]
        print(f"  {title:<21}{before:.3f} -> {after:.3f} ({after - before:+.3f})")
    if report["saved"]:
        print("Saved: searches with this encoder use it from now on. Undo with: calibrate --remove")
    else:
        print("Not saved: the weights that the encoder came with were measured, and are better.")
