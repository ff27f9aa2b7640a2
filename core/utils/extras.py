"""Optional packages: which are missing, and the error that names them."""

from __future__ import annotations

from importlib.util import find_spec

from core.errors import SemblanceError

# extra -> {package as it is imported: as it is installed}; the same extras stand in pyproject.toml
EXTRAS: dict[str, dict[str, str]] = {
    "hub": {"transformers": "transformers", "huggingface_hub": "huggingface_hub"},
    "datasets": {"datasets": "datasets"},
    "mcp": {"mcp": "mcp"},
    "openvino": {"openvino": "openvino"},
    "samples": {"skimage": "scikit-image", "matplotlib": "matplotlib"},
}


def lacking(extra: str) -> list[str]:
    """pip's names of the packages of an extra that are not installed. Nothing is imported."""
    return [name for module, name in EXTRAS[extra].items() if find_spec(module) is None]


def require(extra: str, what: str, error: type[SemblanceError] = SemblanceError) -> None:
    """Checks that an extra is installed, before something that needs it.

    Parameters
    ----------
    extra : str
        A key of `EXTRAS`.
    what : str
        What needs it, in the plural, as the beginning of a sentence: "Models of the hub".
    error : type of SemblanceError
        What is raised.

    Raises
    ------
    SemblanceError
        Names the packages to install.
    """
    if names := lacking(extra):
        missing = "a package that is" if len(names) == 1 else "packages that are"
        raise error(f"{what} need {missing} not installed here: pip install {' '.join(names)}")
