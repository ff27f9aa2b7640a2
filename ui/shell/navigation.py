"""The table of pages: address, title, icon and description of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal

import streamlit as st

from core.policy import get_policy
from core.utils.plugins import load_plugins


@dataclass(frozen=True, slots=True)
class PageInfo:
    """One page.

    name: its address, and its file in `pages/`. section: its heading in the navigation; ours have none. about: one line
    about it, or a function that returns the line. help: text of its help icon. heading: its heading if it differs from
    the title. draw: draws a page without a file in `pages/`, such as one of another package. under: the page of the
    navigation that it belongs to, if it is not listed there itself. family: how a page shows those under it.
    """

    name: str
    title: str
    icon: str
    section: str
    about: str | Callable[[], str]
    help: str = ""
    heading: str = ""
    draw: Callable[[], None] | None = None
    under: str = ""
    family: Literal["", "tabs", "contents"] = ""

    @property
    def is_listed(self) -> bool:
        """Whether the navigation shows it; others are reached from pages and links."""
        return not self.under

    @property
    def line(self) -> str:
        """The line about it."""
        return self.about if isinstance(self.about, str) else self.about()


def _about_home() -> str:
    where = "Only you see what you upload." if get_policy().public else "Everything runs on this computer."
    return f"Type what you look for, or show a picture: what comes closest comes first. {where}"


def _about_library() -> str:
    if get_policy().public:
        return "Start a library of your own: only you see it, and it is deleted after your visit."
    return "Add folders or uploads. Your files stay where they are; the library stores their vectors."


_OURS = (
    PageInfo(
        "home", "Home", ":material/home:", "", _about_home,
        help="Join words by + and -, with weights where you like: 2:beach + sunset - people. Pictures, frames of video "
        "and words become vectors in one space, where near means similar in meaning.",
        heading="Search",
    ),
    PageInfo(
        "library", "Library", ":material/photo_library:", "", _about_library,
        help="Indexing continues while you use other pages or close the tab.",
    ),
    PageInfo(
        "explore", "Explore", ":material/scatter_plot:", "",
        "The library as a map: points that lie close look similar to the encoder.",
        help="Each point is a picture or a video. Point at one to see it, click to open it, drag with the lasso or the "
        "box to select. Clusters are named in words. Texts puts sentences of your own on the map.",
    ),
    PageInfo(
        "ask", "Ask", ":material/contact_support:", "",
        "Ask your texts a question: the sentence that answers comes first, with its place.",
        help="Nothing is made up: an answer is a sentence of one of your texts. Pictures and moments that fit stand "
        "beside it. The percentage estimates how likely the sentence answers.",
    ),
    PageInfo(
        "recommend", "Recommend", ":material/recommend:", "",
        "Like a few pictures, and the feed follows your taste.",
        help="The feed uses nearness in the space of the encoder, and what other people chose next if there is a log. "
        "Each card shows why it is there: the nearest likes, and how near they are.",
    ),
    PageInfo(
        "classify", "Classify", ":material/category:", "",
        "Name some classes: every item is assigned to the best-matching class, or to none of them.",
        help="The percentage is the probability of a class among these classes. “fits” is the probability that the "
        "class describes the item at all.",
        family="tabs",
    ),
    PageInfo(
        "clean_up", "Clean up", ":material/mop:", "",
        "Find duplicates, outliers, poor pictures and unreadable files. No file is changed or deleted.",
        help="Choose files and export them as a list.",
    ),
    PageInfo(
        "lessons", "Lessons", ":material/school:", "",
        "How embeddings work, seen in your own pictures and words.", family="contents",
    ),
    PageInfo(
        "search_images", "Search images", ":material/image_search:", "",
        "Describe what you look for, or start from a picture. The closest pictures come first.", under="home",
        help="The percentage estimates how likely a picture is what you mean. All pictures follow, in order: use "
        "“Show more” at the end.",
    ),
    PageInfo(
        "search_video", "Search video", ":material/video_search:", "",
        "Describe what you look for, or show a picture or a clip. Each video comes with its matching moments.",
        help="The curve shows how well each second matches: shaded where it stays high, with a diamond at the best "
        "second. The percentage estimates how likely a moment is what you mean.",
        under="home",
    ),
    PageInfo(
        "lab", "Lab", ":material/experiment:", "",
        "Measure how well words alone classify, and how much some labels add.",
        help="A trained classifier is measured on pictures that it was not trained on.",
        under="classify", heading="Lab: when is labeling worth it?",
    ),
    PageInfo(
        "distance", "Distance and direction", ":material/square_foot:", "",
        "Near points mean similar things, and a direction can mean something too.",
        help="A word, a picture or a video is a point on a sphere of many dimensions. A cosine of 1 is the same point; "
        "what counts as near depends on the kind of pair.",
        under="lessons",
    ),
    PageInfo(
        "one_space", "One space", ":material/join:", "",
        "Words, pictures and videos become points of one space. See where each kind lies, and the gap between them.",
        heading="One space, three kinds",
        under="lessons",
    ),
    PageInfo(
        "dimensions", "How many dimensions", ":material/straighten:", "",
        "Measure how few numbers per vector are enough, and store the vectors that way.",
        help="The higher a curve, the more of neighbors, searches and classes is kept. Where it flattens, further "
        "numbers add little.",
        heading="How many dimensions?",
        under="lessons",
    ),
    PageInfo(
        "pixels", "Pixels or embeddings", ":material/apps:", "",
        "The distance of raw pixels says nothing about meaning; the distance of embeddings does.",
        heading="Pixels or embeddings?",
        under="lessons",
    ),
    PageInfo(
        "inside", "Inside a vector", ":material/barcode:", "",
        "What one dimension responds to, what each word changes, and which part of a picture matters.",
        under="lessons",
    ),
    PageInfo(
        "models", "Models side by side", ":material/compare:", "",
        "Two encoders on the same library: ask both the same thing and compare the order of their results.",
        help="Cosines of two encoders cannot be compared; what counts is the order.",
        under="lessons",
    ),
    PageInfo(
        "learn", "Learn an embedding", ":material/model_training:", "",
        "A network learns which movie or word comes next. The weights of its layer become the embedding.",
        help="Movies that are watched by the same people move close to each other, epoch by epoch.",
        under="lessons",
    ),
)  # fmt: skip
PAGES = {page.name: page for page in _OURS}


def add_page(page: PageInfo) -> None:
    """Add a page to the navigation; for other packages.

    A package can add one without a call: the entry point group `semblance.pages` names its `PageInfo`.

    Raises
    ------
    ValueError
        If the name is taken or the page has no `draw`.
    """
    if page.name in PAGES:
        raise ValueError(f"There is a page named {page.name!r} already.")
    if page.draw is None:
        raise ValueError(f"The page {page.name!r} needs a function that draws it.")
    PAGES[page.name] = page


def list_pages_under(name: str) -> list[str]:
    """The names of the pages that belong to one of the navigation, in order."""
    return [page.name for page in PAGES.values() if page.under == name]


def navigation(draw_page: Callable[[str, Callable[[], None]], None]) -> dict[str, list[st.Page]]:
    """The pages by section of the navigation; the app opens the first one.

    draw_page: draws a page without a file in `pages/`, by its name and its `draw`.
    """
    _load_entry_points()
    first, *rest = PAGES.values()
    start = st.Page(f"pages/{first.name}.py", title=first.title, icon=first.icon, url_path="", default=True)
    sections = {first.section: [start, _by_name(first, start)]}
    for page in rest:
        sections.setdefault(page.section, []).append(_entry(page, draw_page))
    return sections


def get_target(name: str) -> str | st.Page:
    """What a link to a page of the table leads to."""
    page = PAGES[name]
    if page.draw is None:
        return f"pages/{name}.py"
    return st.Page(page.draw, title=page.title, url_path=name)  # Streamlit finds a page by its address


def _by_name(first: PageInfo, start: st.Page) -> st.Page:
    """The address of the first page is the server's own; its name, like those of the others, leads there too."""

    def go() -> None:
        st.switch_page(start, query_params=st.query_params.to_dict())

    return st.Page(go, title=first.title, url_path=first.name, visibility="hidden")


def _entry(page: PageInfo, draw_page: Callable[[str, Callable[[], None]], None]) -> st.Page:
    shown: Literal["visible", "hidden"] = "visible" if page.is_listed else "hidden"
    if page.draw is None:
        return st.Page(f"pages/{page.name}.py", title=page.title, icon=page.icon, visibility=shown)
    draw = page.draw
    return st.Page(
        lambda: draw_page(page.name, draw), title=page.title, icon=page.icon, url_path=page.name, visibility=shown
    )


@cache
def _load_entry_points() -> None:
    load_plugins("semblance.pages", add_page)
