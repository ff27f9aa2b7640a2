"""What a server does before its first page."""

from __future__ import annotations

from core.config import make_home
from core.policy import MB, get_policy
from ui.server.state import once
from ui.server.streamlit_internals import limit_uploads, server_runs


@once
def prepare_server() -> None:
    """Makes the home, and holds uploads to the policy also where no page asked for them. Once for a server."""
    policy = get_policy()
    make_home()
    if policy.public and server_runs():
        limit_uploads(int(max(policy.file_bytes, policy.upload_bytes) // MB))
