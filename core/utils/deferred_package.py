"""Packages whose own module runs only when somebody asks for a name in it.

A library may import one part of a package and pay for all of it, as Python first runs the package's `__init__`.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec, module_from_spec
from typing import Any


def defer_package(name: str) -> None:
    """Lets the modules of a package be imported without its `__init__`, which runs at the first name asked of it.

    Does nothing where the package is loaded already, or is not installed.

    Parameters
    ----------
    name : str
        A package of the top level.
    """
    spec = None if name in sys.modules else find_spec(name)
    if spec is None or spec.loader is None:
        return
    package, loader = module_from_spec(spec), spec.loader

    def complete(attribute: str) -> Any:
        vars(package).pop("__getattr__", None)  # first, as the module asks for names of its own while it runs
        loader.exec_module(package)
        return getattr(package, attribute)

    vars(package)["__getattr__"] = complete
    sys.modules.setdefault(name, package)
