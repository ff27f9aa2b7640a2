"""Module paths and names of the version before, for one version: using one warns, and works.

`MODULES` maps an old module to the module or package that took its place, `NAMES` an old name of a module to its new
name there. Both go with the next version.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

MODULES: dict[str, tuple[str, ...]] = {
    "core.classify_items": ("core.classify.predict", "core.classify.export", "core.classify.class_lists"),
}
NAMES: dict[str, dict[str, str]] = {}


class _MovedModules(MetaPathFinder, Loader):
    """Finds the modules of `MODULES`, after all that exist."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return ModuleSpec(name, self) if name in MODULES else None

    def exec_module(self, module: ModuleType) -> None:
        old, new = module.__name__, MODULES[module.__name__]
        warnings.warn(
            f"{old} is now {new[0]}; the old path goes with the next version.", DeprecationWarning, stacklevel=2
        )

        def load(name: str) -> object:
            """The value of an old name, wherever it stands now."""
            if name.startswith("__"):
                raise AttributeError(name)
            for place in new:
                found = importlib.import_module(place)
                for each in (NAMES.get(old, {}).get(name, name), name):
                    if hasattr(found, each):
                        return getattr(found, each)
            raise AttributeError(f"{old} is now {' and '.join(new)}, where there is no {name!r}.")

        module.__dict__["__getattr__"] = load


def install() -> None:
    """Let old module paths be imported."""
    if not any(isinstance(finder, _MovedModules) for finder in sys.meta_path):
        sys.meta_path.append(_MovedModules())
