"""Trained heads of the home folder or of this session."""

from __future__ import annotations

from dataclasses import dataclass, field

from core import Encoder
from core.classify.heads import Head, list_heads, load_head, save_head
from core.encoders.saved_files import remove_saved
from core.policy import get_policy
from ui.session.state import get_state


@dataclass(slots=True)
class HeadsState:
    """heads: of this session, by encoder id, then by name."""

    heads: dict[str, dict[str, Head]] = field(default_factory=dict)


def list_known_heads(encoder: Encoder) -> list[str]:
    """Names of the heads for an encoder: those of the home folder, then those of this session."""
    return list(dict.fromkeys([*list_heads(encoder), *_own(encoder)]))


def store_head(head: Head, encoder: Encoder, name: str) -> None:
    """Saves a head under a name: in the home folder or, in public mode, in the session. Raises DataError."""
    if get_policy().may_write_shared:
        save_head(head, encoder, name)
    else:
        _own(encoder)[name] = head


def get_head(encoder: Encoder, name: str) -> Head | None:
    """The head of a name: of this session, else of the home folder. Raises DataError."""
    files = list_heads(encoder)
    return _own(encoder).get(name) or (load_head(files[name], encoder) if name in files else None)


def remove_head(encoder: Encoder, name: str) -> None:
    """Removes a head where `store_head` saves it. Raises DataError."""
    files = list_heads(encoder)
    if not get_policy().may_write_shared:
        _own(encoder).pop(name, None)
    elif name in files:
        remove_saved(files[name])


def _own(encoder: Encoder) -> dict[str, Head]:
    return get_state(HeadsState).heads.setdefault(encoder.id, {})
