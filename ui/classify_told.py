"""What a classifier tells of everything that is chosen."""

from __future__ import annotations

from contextlib import nullcontext

from core import Encoder, Library
from core.classify.predict import Prediction, classify_library
from core.classify.zero_shot import Classifier
from ui.classify_classes import fingerprint
from ui.classify_items import Selection
from ui.jobs.work import run_queued
from ui.session.cache import get_cached
from ui.widgets.filters import labelled

_MANY_ITEMS = 5_000  # vectors that take more than a moment


def predict(library: Library | None, encoder: Encoder, chosen: Selection, classifier: Classifier) -> list[Prediction]:
    """All answers with the threshold 0, computed once for as long as classes and items stay."""
    if chosen.embedded is not None:
        embedded_set = chosen.embedded
        return get_cached(
            "told", fingerprint(classifier), embedded_set, lambda: embedded_set.predict(classifier, threshold=0.0)
        )
    assert library is not None
    key = (fingerprint(classifier), chosen.filters, labelled(library, chosen.filters))
    index = library.index(encoder)

    def compute() -> list[Prediction]:
        with run_queued("Classifying the library") if len(index) > _MANY_ITEMS else nullcontext():
            return classify_library(library, encoder, classifier, filters=chosen.filters, threshold=0.0)

    return get_cached("told", key, index, compute)
