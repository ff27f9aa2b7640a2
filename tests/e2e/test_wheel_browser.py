"""The installed wheel in the browser: what it ships of scripts and styles arrives there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from wheels import Installed

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def test_the_map_opens_and_a_search_answers(profile: BrowserContext, installed: Installed, sample_home: Path) -> None:
    from browsing import Visitor, laid_out

    with installed.app(sample_home) as (address, _):
        visitor = Visitor(address, profile.new_page())
        visitor.go("search_images", library="Sample photos").search("a cat")
        assert visitor.names()[0] == "chelsea.png"
        laid_out(visitor, library="Sample photos")
        visitor.check()
        visitor.leave()
