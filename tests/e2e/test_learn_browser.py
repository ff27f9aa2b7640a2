"""An embedding is learned in a real browser: started, watched, played back, and asked about one movie."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from browsing import PHONE, Visitor, drawn, soon
from playwright.sync_api import expect

# Each epoch that the chart tells, however short: on a busy machine a glance now and then would miss some.
_HEARD = """
chart => {
  const told = () =>
    [...chart.querySelectorAll("text")].map(each => each.textContent).find(text => text.startsWith("epoch "))
  window.heard = [told()]
  new MutationObserver(() => { if (told() && told() !== heard.at(-1)) heard.push(told()) })
    .observe(chart, { subtree: true, childList: true, characterData: true })
}
"""
_PATIENCE_MS = 240_000  # the machine that runs the tests may have other things to do


def test_an_embedding_is_learned_before_ones_eyes(visitor: Visitor) -> None:
    page = visitor.go("learn", epochs="2", rate="0.03", movie="Alien (1979)").page
    page.locator(".st-key-learn_recorded").get_by_text("epoch 20", exact=True).wait_for()
    epochs = page.get_by_role("slider", name="Epochs")
    expect(epochs).to_be_enabled()
    page.get_by_role("button", name="Start", exact=True).click()
    expect(epochs).to_be_disabled()
    page.get_by_role("heading", name="One movie").wait_for(timeout=_PATIENCE_MS)
    visitor.settle()
    page.get_by_text("Nearest after 2 epochs").wait_for()
    expect(epochs).to_be_enabled()
    assert visitor.link()["epochs"] == "2"
    assert page.get_by_test_id("stMetricValue").first.inner_text() == "2"

    played = page.locator(".st-key-learn_epochs")
    played.get_by_text("epoch 2", exact=True).wait_for()
    played.evaluate(_HEARD)
    played.get_by_text("Play", exact=True).click()
    page.wait_for_function("heard.join() == 'epoch 2,epoch 0,epoch 1,epoch 2'")
    played.locator(".slider-rail-touch-rect").click(position={"x": 3, "y": 8}, force=True)
    played.get_by_text("epoch 0", exact=True).wait_for()

    page.set_viewport_size(PHONE)
    assert soon(drawn(page), visitor.fits) and not visitor.wrong
