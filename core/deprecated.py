"""Module paths and names of the version before, for one version: each use warns, and works.

`MODULES` maps an old module to what took its place, `NAMES` the old names of a module to the new ones. Remove this
module, and what imports it, with the next version.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import sys
import threading
import warnings
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, cast, overload

from core.progress import OnProgress, Task

MODULES: dict[str, tuple[str, ...]] = {
    "core.atlas": ("core.explore.atlas",),
    "core.classify_items": (
        "core.classify.predict",
        "core.classify.export",
        "core.classify.class_lists",
    ),
    "core.cleaning": ("core.cleanup.findings",),
    "core.cleaning_copies": ("core.cleanup.findings",),
    "core.cluster": ("core.explore.clustering",),
    "core.cluster_names": ("core.explore.cluster_naming",),
    "core.evaluate_classes": ("core.classify.validation",),
    "core.evaluate_dimensions": ("core.evaluation.dimensions",),
    "core.evaluate_pixels": ("core.evaluation.pixels",),
    "core.geometry.compare": ("core.geometry.encoder_comparison",),
    "core.geometry.direction": ("core.geometry.directions",),
    "core.geometry.gap": ("core.geometry.modality_gap",),
    "core.geometry.heat": ("core.geometry.saliency",),
    "core.geometry.inside": ("core.geometry.attribution",),
    "core.geometry.near": ("core.geometry.nearest",),
    "core.heads": ("core.classify.heads",),
    "core.labelled_items": ("core.library.labels",),
    "core.learn.data": ("core.learn.ratings",),
    "core.learn.epochs": ("core.learn.state",),
    "core.learn.measure": ("core.learn.metrics",),
    "core.library.reduce": ("core.library.reduced_copy",),
    "core.locate": ("core.search.locate",),
    "core.neutral": ("core.encoders.reference_prompts",),
    "core.points": ("core.library.points",),
    "core.projection": ("core.explore.projection",),
    "core.query": (
        "core.search.query",
        "core.encoders.prompts",
    ),
    "core.recommend.clicks": ("core.recommend.click_log",),
    "core.recommend.evaluate": ("core.evaluation.recommend",),
    "core.recommend.items": ("core.library.item_lookup",),
    "core.recommend.learned": ("core.recommend.model",),
    "core.recommend.log": ("core.recommend.log_reader",),
    "core.share.dataset_columns": ("core.share.hf_datasets.columns",),
    "core.share.datasets": ("core.share.hf_datasets.ingest",),
    "core.share.export_vectors": ("core.share.vector_export",),
    "core.track": ("core.library.track",),
    "core.value_items": ("core.classify.predict",),
    "core.words": ("core.explore.vocabulary",),
}
NAMES: dict[str, dict[str, str]] = {
    "core.atlas": {
        "Asked": "AtlasRequest",
        "atlas_of": "build_atlas",
        "count_of": "count_points",
        "expected_seconds": "estimate_seconds",
        "kept_atlas": "load_cached_atlas",
    },
    "core.classify": {"checked": "check_classes", "class_vectors": "embed_classes", "numbers_of": "get_class_numbers"},
    "core.classify_items": {
        "Told": "Prediction",
        "answers": "make_predictions",
        "told_csv": "predictions_csv",
        "tracks_of": "iter_tracks",
    },
    "core.cleaning": {
        "Outlying": "OutlierFinding",
        "blurred": "find_blurred",
        "dark": "find_dark",
        "measured": "measure_library_quality",
        "one_a_line": "paths_lines",
        "outliers_in": "find_library_outliers",
        "small": "find_small",
        "unreadable": "find_unreadable",
    },
    "core.cleaning_copies": {
        "Copies": "DuplicateGroup",
        "CopiesFound": "DuplicatesFound",
        "copies_in": "find_library_duplicates",
        "leaks_between": "find_leaks_between",
    },
    "core.cluster": {
        "agreement": "compute_agreement",
        "centres_of": "compute_centers",
        "reduce": "reduce_vectors",
        "silhouette": "compute_silhouette",
    },
    "core.cluster_names": {"word_choices": "compute_word_choices"},
    "core.evaluate_classes": {
        "calibration_error": "compute_calibration_error",
        "cross_validated": "cross_validate_classes",
        "learning_curve": "compute_learning_curve",
        "numbers_cross_validated": "cross_validate_numbers",
        "report_of": "make_report",
    },
    "core.evaluate_dimensions": {"halves": "split_halves", "line_of": "get_line"},
    "core.evaluate_pixels": {"Compared": "InputComparison", "pictures_of": "select_images"},
    "core.geometry.analogy": {"Tried": "AnalogyTrial", "analogy": "solve_analogy"},
    "core.geometry.axis": {"axis_of": "measure_axis", "scattered": "pick_scattered"},
    "core.geometry.compare": {
        "agreement_of": "measure_agreement",
        "cka": "compute_cka",
        "common_ids": "find_common_ids",
        "overlap": "compute_overlap",
        "sample_pictures": "sample_images",
        "size_of": "measure_size",
        "speeds_of": "measure_speeds",
    },
    "core.geometry.direction": {"shifted": "shift_along", "walk": "walk_between"},
    "core.geometry.distance": {
        "cosine_table": "compute_cosine_table",
        "distance_of": "measure_distance",
        "measured": "compute_distance",
        "pair_cosines": "sample_pair_cosines",
        "pair_cosines_of": "compute_pair_cosines",
    },
    "core.geometry.gap": {
        "Closed": "ClosedGap",
        "agreement": "measure_agreement",
        "closing": "measure_closing",
        "closing_of_captions": "measure_caption_closing",
        "fitting_words": "find_fitting_words",
        "gap_of": "measure_gap",
        "neighbours_kept": "measure_kept_neighbors",
    },
    "core.geometry.heat": {
        "Heat": "Saliency",
        "field_of_view": "get_field_of_view",
        "heat_of": "compute_saliency",
        "picture_of": "load_image",
        "steps_of": "count_steps",
    },
    "core.geometry.inside": {
        "contributions": "compute_contributions",
        "dimension": "get_dimension",
        "parts_of": "get_encoder_parts",
        "principal_components": "compute_components",
        "products_of": "compute_products",
        "response_of": "compute_response",
        "word_by_word": "measure_word_effects",
    },
    "core.geometry.near": {
        "Near": "NearItem",
        "as_items": "to_near_items",
        "candidates": "find_candidates",
        "nearest_items": "find_nearest_items",
        "without": "exclude_items",
    },
    "core.heads": {"fitting": "check_head_fits", "saved_heads": "list_heads"},
    "core.labelled_items": {
        "LabelledItems": "LabeledItems",
        "folder_labels": "get_folder_labels",
        "labelled_items": "select_labeled_items",
        "named_captions": "get_name_captions",
    },
    "core.learn.epochs": {"Settings": "TrainingSettings"},
    "core.learn.measure": {
        "baselines": "measure_baselines",
        "hits": "count_hits",
        "nearest": "find_nearest",
        "same_genre": "measure_same_group",
        "same_genre_chance": "measure_same_group_chance",
    },
    "core.library.reduce": {"reduction_for": "get_reduction", "reductions_of": "list_reductions"},
    "core.neutral": {
        "neutral_prior": "get_reference_prior",
        "neutral_prompts": "get_reference_prompts",
        "neutral_vectors": "embed_reference_prompts",
    },
    "core.points": {"Of": "Unit", "points_of": "load_points"},
    "core.projection": {"map_of": "layout_points", "project": "project_vectors", "project_apart": "project_isolated"},
    "core.query": {"frame_of": "parse_frame"},
    "core.recommend.clicks": {"clicks_of": "load_clicks", "keep_click": "store_click"},
    "core.recommend.items": {"names_of": "get_item_names"},
    "core.recommend.learned": {"Learned": "RecommendModel"},
    "core.recommend.log": {"log_of": "make_log", "resolved": "resolve_items"},
    "core.share.dataset_columns": {
        "captions_in": "read_captions",
        "columns_of": "choose_columns",
        "labels_in": "read_labels",
        "picture_in": "read_image",
        "undecoded": "disable_decoding",
    },
    "core.share.datasets": {"dataset_names": "list_dataset_names"},
    "core.share.export_vectors": {"expected_bytes": "estimate_bytes"},
    "core.track": {"wholes_of": "get_item_vectors"},
    "core.value_items": {"Valued": "ValuePrediction", "value_library": "predict_library_values"},
    "core.words": {
        "Words": "Vocabulary",
        "nouns": "load_nouns",
        "user_words": "load_user_words",
        "words_of": "load_vocabulary",
    },
}

# old keyword -> new keyword, of functions that are reached by an old name
KEYWORDS = {
    "of": "unit",
    "neighbours": "neighbors",
    "apart": "in_subprocess",
    "colour": "color",
    "unlike": "baseline_cosine",
}


P = ParamSpec("P")
Q = ParamSpec("Q")
S = TypeVar("S")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class _MovedModules(MetaPathFinder, Loader):
    """Finds the modules of `MODULES`. It is asked last, so that a module that exists is never hidden."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return ModuleSpec(name, self) if name in MODULES else None

    def exec_module(self, module: ModuleType) -> None:
        old, new = module.__name__, MODULES[module.__name__]
        _warn(old, new[0])

        def load(name: str) -> object:
            for place in new:
                found = importlib.import_module(place)
                current = NAMES.get(old, {}).get(name, name)
                if not name.startswith("__") and hasattr(found, current):
                    value = getattr(found, current)
                    return value if current == name else _with_old_keywords(value)
            raise AttributeError(f"module {old!r}, now {' and '.join(new)}, has no attribute {name!r}")

        module.__dict__["__getattr__"] = load


def install() -> None:
    """Let old module paths be imported."""
    if not any(isinstance(finder, _MovedModules) for finder in sys.meta_path):
        sys.meta_path.append(_MovedModules())


def renamed_names(module: str, otherwise: Callable[[str], Any] | None = None) -> Callable[[str], Any]:
    """A `__getattr__` for a module that stayed where it was: it finds the old names of `NAMES`.

    otherwise: the `__getattr__` that the module has already.
    """

    def load(name: str) -> object:
        new = NAMES[module].get(name)
        if new is not None:
            _warn(f"{module}.{name}", f"{module}.{new}")
            return _with_old_keywords(getattr(sys.modules[module], new))
        if otherwise is not None:
            return otherwise(name)
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    return load


def renamed_attribute(old: str, new: str) -> property:
    """A property that reads an attribute by its old name."""

    def read(self: object) -> object:
        _warn(f"{type(self).__name__}.{old}", f"{type(self).__name__}.{new}")
        return getattr(self, new)

    return property(read, doc=f"Deprecated: `{new}`.")


def renamed_keywords(**names: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Decorator: the function takes keywords by their old names as well. names: old name -> new name."""

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> T:
            for old in names.keys() & kwargs.keys():
                _warn(f"{function.__name__}({old}=)", f"{function.__name__}({names[old]}=)")
                kwargs[names[old]] = kwargs.pop(old)
            return function(*args, **kwargs)

        return call

    return decorate


class TakesTask(Protocol[P, T_co]):
    """A function with the keyword `task`, or in its place the older `on_progress` and `cancel`."""

    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T_co: ...
    @overload
    def __call__(self, *args: Any, on_progress: OnProgress | None, **kwargs: Any) -> T_co: ...
    @overload
    def __call__(self, *args: Any, cancel: threading.Event | None, **kwargs: Any) -> T_co: ...

    def __get__(self: TakesTask[Concatenate[S, Q], T], instance: S, owner: type[S]) -> TakesTask[Q, T]: ...


def task_keywords(function: Callable[P, T]) -> TakesTask[P, T]:
    """Decorator: the function takes `on_progress` and `cancel` in place of `task` as well."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> T:
        old = {name: kwargs.pop(name) for name in ("on_progress", "cancel") if name in kwargs}
        if old:
            _warn(f"{function.__name__}({'=, '.join(old)}=)", f"{function.__name__}(task=core.Task(...))")
            kwargs.setdefault("task", Task(**old))
        return function(*args, **kwargs)

    return cast("TakesTask[P, T]", call)


def accept_task(function: Callable[..., T]) -> Callable[..., T]:
    """A function of another package that may still take `on_progress` and `cancel`, as one that takes `task`."""
    known = inspect.signature(function).parameters
    if "task" in known or "on_progress" not in known:
        return function

    def call(*args: Any, task: Task, **kwargs: Any) -> T:
        name = function.__name__
        _warn(f"{name}(on_progress=, cancel=)", f"{name}(task=)")
        return function(*args, on_progress=task.on_progress, cancel=task.cancel, **kwargs)

    return call


def _warn(old: str, new: str) -> None:
    message = f"{old} is now {new}; the old name goes with the next version."
    warnings.warn(message, DeprecationWarning, stacklevel=3)


def _with_old_keywords(value: object) -> object:
    """A function that takes the keywords that it had under its old name as well; anything else as it is."""
    if not inspect.isfunction(value):
        return value
    known = inspect.signature(value).parameters
    value = task_keywords(value) if "task" in known else value
    return renamed_keywords(**{old: new for old, new in KEYWORDS.items() if old not in known and new in known})(value)
