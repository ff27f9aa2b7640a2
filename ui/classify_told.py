"""What a classifier tells of everything that is chosen."""

from __future__ import annotations

from contextlib import nullcontext

from core import Encoder, Library
from core.classify import Classifier
from core.classify_items import Told, classify_library
from ui.classify_classes import fingerprint
from ui.classify_items import Chosen
from ui.filters import labelled
from ui.memory import remembered
from ui.visit_work import in_turn

_MANY = 5_000  # vectors that take more than a moment


def tell(library: Library | None, encoder: Encoder, chosen: Chosen, classifier: Classifier) -> list[Told]:
    """All answers with the threshold 0, computed once for as long as classes and items stay."""
    if chosen.gathered is not None:
        gathered = chosen.gathered
        return remembered("told", fingerprint(classifier), gathered, lambda: gathered.tell(classifier, threshold=0.0))
    assert library is not None
    key = (fingerprint(classifier), chosen.filters, labelled(library, chosen.filters))
    index = library.index(encoder)

    def compute() -> list[Told]:
        with in_turn("Classifying the library") if len(index) > _MANY else nullcontext():
            return classify_library(library, encoder, classifier, filters=chosen.filters, threshold=0.0)

    return remembered("told", key, index, compute)
