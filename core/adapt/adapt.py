"""Adapts an encoder: learns, measures on held-out examples, learns again from all, and says what changed."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.adapt.examples import Examples, Source, caption_examples, hold_out, label_examples
from core.adapt.measures import Figure, measure_examples, measure_neighbors, measure_unlabeled
from core.adapt.others import Others, find_others
from core.adapt.training import DEFAULTS, STOPPED, AdaptSettings, Maps, References, fit_maps, make_references
from core.encoders.adapted import PREFIX, AdaptedEncoder, Adapter, check_title, save_adapter
from core.encoders.base import Encoder
from core.encoders.precomputed import supports_text
from core.errors import DataError
from core.library.derived_copy import store_derived
from core.library.store import Library
from core.progress import SILENT, Task

_STEPS_UNJUDGED = 40  # where no example can be held out
_NO_GAIN = (
    "The pictures that were held out gain nothing from adapting: give more labels or captions, of pictures that differ "
    "from one another."
)


@dataclass(frozen=True, eq=False)
class Adapted:
    """An adapter and what it changes.

    Attributes
    ----------
    adapter : Adapter
        Learned from all examples, the held-out ones too.
    source : {"labels", "captions"}
    pictures, texts : int
        Learned from.
    held_out : int
        Pictures that the figures and the number of steps are from.
    steps : int
        Of training, as many as served the held-out pictures best.
    rank : int
        Of the map of pictures.
    seconds : float
    gains : tuple of Figure
        Before and after on the held-out pictures, with the maps that were learned without them.
    others : tuple of Figure
        Before and after for what was not adapted to.
    """

    adapter: Adapter
    source: Source
    pictures: int
    texts: int
    held_out: int
    steps: int
    rank: int
    seconds: float
    gains: tuple[Figure, ...]
    others: tuple[Figure, ...]


def adapt_library(
    library: Library,
    encoder: Encoder,
    title: str,
    *,
    labels: Mapping[str, str] | None = None,
    captions: Sequence[tuple[str, str]] | None = None,
    settings: AdaptSettings = DEFAULTS,
    task: Task = SILENT,
) -> Adapted:
    """Adapts an encoder to a library, from its stored vectors. Nothing is saved and no picture is read.

    Parameters
    ----------
    library : Library
    encoder : Encoder
        Whose vectors the library has.
    title : str
        Of the adapted encoder.
    labels : mapping of str to str, optional
        Label by item id; or
    captions : sequence of (str, str), optional
        (item id, caption) pairs.
    settings : AdaptSettings, optional
    task : Task, optional

    Returns
    -------
    Adapted
        `store_adapted` puts it to use.

    Raises
    ------
    DataError
        There are too few examples, the title is invalid, or the held-out examples gain nothing.
    Cancelled
        Nothing was changed.
    """
    _check_base(encoder)
    index = library.index(encoder)
    if labels:
        examples = label_examples(encoder, index, labels, task=task)
    else:
        examples = caption_examples(encoder, index, captions or (), task=task)
    others = find_others(library, encoder, examples, task=task)
    return adapt(encoder, examples, title, others=others, settings=settings, task=task)


def adapt(
    encoder: Encoder,
    examples: Examples,
    title: str,
    *,
    others: Others | None = None,
    settings: AdaptSettings = DEFAULTS,
    task: Task = SILENT,
) -> Adapted:
    """Adapts an encoder to examples; see `adapt_library`. others: what to measure that was not adapted to."""
    title, began = check_title(title), time.perf_counter()
    _check_base(encoder)
    references = make_references(encoder, examples.images, task=task)
    maps, gains, held = _learn(encoder, examples, references, settings, task)
    task.check(STOPPED)
    about = (
        f"{len(examples):,} pictures, {len(examples.texts):,} {'classes' if examples.source == 'labels' else 'texts'}"
    )
    return Adapted(
        adapter=Adapter(title, encoder.id, encoder.name, maps.images, maps.texts, about),
        source=examples.source,
        pictures=len(examples),
        texts=len(examples.texts),
        held_out=held,
        steps=maps.steps,
        rank=len(maps.images.down),
        seconds=round(time.perf_counter() - began, 2),
        gains=tuple(gains),
        others=tuple(_measure_others(others or Others(), references, maps)),
    )


def store_adapted(library: Library, encoder: Encoder, adapter: Adapter, *, task: Task = SILENT) -> AdaptedEncoder:
    """Saves an adapter, so that its name opens as an encoder everywhere, and stores a library's vectors adapted.

    No picture is decoded, and the vectors of the base stay. Raises EncoderError where the adapter is of other weights,
    DataError where it cannot be saved, and like `core.library.derived_copy.store_derived`.
    """
    adapted = AdaptedEncoder(encoder, adapter)
    save_adapter(adapter)
    store_derived(library, adapted, task=task)
    return adapted


def _learn(
    encoder: Encoder, examples: Examples, references: References, settings: AdaptSettings, task: Task
) -> tuple[Maps, list[Figure], int]:
    """The maps, what held-out pictures gain, and how many these are.

    The figures are of maps that never saw the held-out pictures. The result takes as many steps as served them best,
    and learns from them too: where a class has five pictures, one counts.
    """
    learned, held = hold_out(examples, seed=settings.seed)
    stage, most = task.stage("adapt", "steps"), settings.steps
    if held is None:
        few = replace(settings, steps=_STEPS_UNJUDGED)
        return fit_maps(encoder, examples, references, settings=few, stage=stage, total=few.steps), [], 0
    judged = fit_maps(encoder, learned, references, held=held, settings=settings, stage=stage, total=2 * most)
    if not judged.steps:
        raise DataError(_NO_GAIN)
    again = replace(settings, steps=judged.steps)
    maps = fit_maps(encoder, examples, references, settings=again, stage=stage, done=most, total=most + judged.steps)
    gains = measure_examples("held out", held, judged) + measure_neighbors("held out", held, learned, judged)
    return maps, gains, len(held)


def _measure_others(others: Others, references: References, maps: Maps) -> list[Figure]:
    figures = [figure for of, examples in others.examples.items() for figure in measure_examples(of, examples, maps)]
    if others.images is not None:
        figures += measure_unlabeled(others.images, references.texts, maps)
    return figures


def _check_base(encoder: Encoder) -> None:
    """Raises DataError for encoders that have no texts, or that are adapted already."""
    if encoder.name.startswith(PREFIX):
        raise DataError("This encoder is adapted already: choose the one that it was made from, and adapt that.")
    if not supports_text(encoder):
        raise DataError("These vectors have no encoder of texts to adapt: choose an encoder that embeds both.")
