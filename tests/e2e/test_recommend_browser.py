"""The feed in a real browser with the real encoder: liked by mouse and keys, on a phone, and after another page."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from browsing import PHONE, Visitor
from playwright.sync_api import Locator, expect


def thumb(visitor: Visitor, what: str, name: str) -> Locator:
    return visitor.page.get_by_role("button", name=f"{what} {name}", exact=True)


def feed(visitor: Visitor, **link: str) -> Visitor:
    visitor.go("recommend", **{"explore": "0"} | link)
    visitor.page.locator("button.say").first.wait_for()
    return visitor.settle()


def test_two_likes_turn_the_feed_and_stay_in_place(visitor: Visitor) -> None:
    page = feed(visitor).page
    before = visitor.names()
    first = before[0]
    thumb(visitor, "Like", first).click()
    page.get_by_text("1 like", exact=True).wait_for()
    second = visitor.settle().names()[2]
    thumb(visitor, "Like", second).click()
    page.get_by_text("2 likes", exact=True).wait_for()
    after = visitor.settle().names()
    assert after != before and after[0] == first and after.index(second) == 2, "what was liked is where it was"
    expect(thumb(visitor, "Like", first)).to_have_attribute("aria-pressed", "true")
    reasons = page.locator(".why .small").evaluate_all("all => all.map(button => button.title)")
    assert reasons and set(reasons) <= {first, second}, "each card says for which likes it is there"
    expect(page.locator(".tastes .out")).to_have_count(2)

    page.get_by_role("link", name="Home").click()
    page.get_by_role("searchbox").wait_for()
    page.get_by_role("link", name="Recommend").click()
    page.get_by_text("2 likes", exact=True).wait_for()
    page.get_by_role("button", name=f"Remove {first}").click()
    page.get_by_text("1 like", exact=True).wait_for()


def test_a_link_with_the_likes_opens_the_same_feed(visitor: Visitor) -> None:
    page = feed(visitor, diverse="0").page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    liked = visitor.names()[1]
    thumb(visitor, "Like", liked).click()
    page.get_by_text("1 like", exact=True).wait_for()
    page.get_by_role("button", name="Show others").first.click()
    page.get_by_text(re.compile("[1-9]\\d* seen")).wait_for()
    names = visitor.settle().names()
    before = visitor.link()
    page.get_by_role("button", name="Export or import likes").click()
    page.get_by_role("button", name="Copy link with likes").click()
    page.get_by_role("button", name="Copied").wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    assert before == visitor.link() and before["explore"] == before["diverse"] == "0" and "carried" not in before
    other = Visitor(visitor.site, page.context.new_page())
    other.page.goto(link)
    other.page.get_by_text("1 like", exact=True).wait_for()
    assert other.settle().names() == names and other.link() == before, "whoever passes it on passes on no likes"
    expect(other.page.get_by_role("button", name=f"Remove {liked}")).to_be_visible()
    other.check()
    other.page.close()


def test_what_was_set_is_in_the_link_after_another_page(visitor: Visitor) -> None:
    page = feed(visitor).page
    page.get_by_role("link", name="Home").click()
    page.get_by_role("searchbox").wait_for()
    page.get_by_role("link", name="Recommend").click()
    page.locator("button.say").first.wait_for()
    expect(visitor.settle().page.get_by_role("slider", name="Exploration")).to_have_value("0")
    assert visitor.link()["explore"] == "0"


def test_no_quick_click_is_lost(visitor: Visitor) -> None:
    page = feed(visitor).page
    page.evaluate(
        """() => {
          const find = root => [...root.querySelectorAll("*")].flatMap(each =>
            each.matches("button.say.up") ? [each] : each.shadowRoot ? find(each.shadowRoot) : [])
          find(document).slice(0, 6).forEach((button, place) => setTimeout(() => button.click(), 40 * place))
        }"""
    )
    page.get_by_text("6 likes", exact=True).wait_for()
    expect(page.locator("button.say.up[aria-pressed=true]")).to_have_count(6)


def test_a_thumb_works_by_keys_and_keeps_its_focus(visitor: Visitor) -> None:
    page = feed(visitor).page
    name = visitor.names()[1]
    thumb(visitor, "Dislike", name).focus()
    page.keyboard.press("Space")
    expect(thumb(visitor, "Dislike", name)).to_have_attribute("aria-pressed", "true")
    page.get_by_text("Disliked", exact=True).wait_for()
    expect(thumb(visitor, "Dislike", name)).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_text("Disliked", exact=True).wait_for(state="detached")
    expect(thumb(visitor, "Dislike", name)).to_have_attribute("aria-pressed", "false")


def test_more_like_this_asks_the_search(visitor: Visitor) -> None:
    page = feed(visitor).page
    name = visitor.names()[0]
    page.get_by_role("button", name=f"More like {name}").click()
    page.get_by_role("heading", name="Search images").wait_for()
    visitor.page.locator("h4").wait_for()
    assert name in visitor.settle().page.locator("h4").inner_text()


def test_a_phone_has_room_for_it(visitor: Visitor) -> None:
    visitor.page.set_viewport_size(PHONE)
    page = feed(visitor, ads="true").page
    assert visitor.fits()
    for button in page.locator("button.say").all()[:4]:
        box = button.bounding_box()
        assert box is not None and box["width"] >= 40 and box["height"] >= 40
