"""Trained heads of the home folder or of this session."""

from __future__ import annotations

from dataclasses import dataclass, field

from core import Encoder
from core.classify.heads import Head, list_heads, save_head
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


def _own(encoder: Encoder) -> dict[str, Head]:
    return get_state(HeadsState).heads.setdefault(encoder.id, {})
