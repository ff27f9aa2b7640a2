"""At most one advertisement beside the feed, labeled as such, with its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from weakref import WeakKeyDictionary

import streamlit as st
from PIL import Image

from core import Encoder, Library
from core.library.index import VectorIndex
from core.library.track import get_item_vectors
from core.media.isolated import open_isolated
from core.recommend.ads.campaigns import Campaign
from core.recommend.ads.matching import CAP, Ad, Embedded, choose_ad, embed_campaigns
from core.recommend.feed import Feed
from core.search.match_text import format_match
from ui.components.gallery.gallery import picture_uri
from ui.errors import boundary
from ui.jobs.tasks import get_task, start_if_idle
from ui.jobs.work import get_result
from ui.recommend.campaigns import campaign_panel, campaigns_in_use
from ui.recommend.session import Visit, get_items
from ui.recommend.settings import load_setting, store_setting
from ui.server.state import once
from ui.session.cache import get_cached
from ui.text import plain

_KEY = "recommend campaigns"
_SMALL, _WIDE = 96, 220  # pixels
_MOST_CARDS = 6  # of the page, for matching an advertisement
_examples: WeakKeyDictionary[VectorIndex, Embedded] = WeakKeyDictionary()  # goes with the state of the library


@once
def _spent() -> Counter[str]:
    """Views of each example campaign, in all sessions since the server started. A visitor's own campaigns are private,
    so their views count within the session."""
    return Counter()


def ad_slot(library: Library, encoder: Encoder, visit: Visit, feed: Feed, page: Sequence[str]) -> None:
    """The switch and, if it is on, the matching advertisement. page: ids of the visible cards."""
    load_setting("ads")
    enabled = st.toggle(
        "Show an advertisement", key="ads", bind="query-params",
        help="At most one, chosen only by your likes and by what is on this page.",
    )  # fmt: skip
    store_setting("ads")
    if not enabled:
        return
    with st.container(border=True, key="ad"), boundary():
        campaigns, own = campaigns_in_use()
        st.caption("**Advertisement**" + ("" if own else " (example)"))
        embedded = _embedded(library, encoder, campaigns, own=own)
        if embedded is not None:
            spent = Counter[str]() if own else _spent()
            _show(library, encoder, visit, _chosen(library, encoder, visit, feed, page[:_MOST_CARDS], embedded, spent))
        campaign_panel(campaigns, visit.ads, own=own)


def _embedded(library: Library, encoder: Encoder, campaigns: tuple[Campaign, ...], *, own: bool) -> Embedded | None:
    """The vectors of the campaigns, embedded in the background. All sessions share those of the examples."""
    index = library.index(encoder)
    if not own and index in _examples:
        return _examples[index]
    about = (library.path, encoder.id, campaigns)
    if get_task(_KEY, about=about) is None:

        def work() -> Embedded:
            embedded = embed_campaigns(encoder, campaigns, background=index.background)
            if not own:
                _examples[index] = embedded
            return embedded

        start_if_idle(_KEY, "Embedding the campaigns", lambda task: work(), about=about)
    task = get_task(_KEY, about=about)
    result = get_result(task.job) if task is not None else None
    return result if isinstance(result, Embedded) else None


def _chosen(
    library: Library,
    encoder: Encoder,
    visit: Visit,
    feed: Feed,
    page: Sequence[str],
    embedded: Embedded,
    spent: Counter[str],
) -> Ad | None:
    """The best match; it counts as one view per feed that shows it.

    spent: views of each campaign in all sessions.
    """
    index = library.index(encoder)

    def choose() -> Ad | None:
        before = Counter(visit.ads)
        if visit.ad is not None and visit.ad[0] == visit.turn:
            before[visit.ad[1]] -= 1  # the visible one
        ids, vectors = get_item_vectors(index, page) if page else ([], index.vectors(index.rows_with_vectors[:0]))
        ad = choose_ad(embedded, feed.tastes, vectors, liked=feed.liked, page=ids, shown=before, spent=spent | before)
        now = (visit.turn, ad.campaign.name) if ad is not None else None
        if ad is not None and now != visit.ad:
            visit.ads[ad.campaign.name] = visit.ads.get(ad.campaign.name, 0) + 1
            spent[ad.campaign.name] += 1
        visit.ad = now
        return ad

    key = (encoder.id, visit.turn, feed.liked, tuple(visit.feedback.disliked), embedded.campaigns)
    return get_cached("recommend ad", key, index, choose)


def _show(library: Library, encoder: Encoder, visit: Visit, ad: Ad | None) -> None:
    if ad is None:
        st.markdown("No campaign matches your likes, or the matching ones were shown often enough.")
        return
    campaign = ad.campaign
    if campaign.picture is not None:
        st.image(get_cached("ad picture", campaign, library, partial(_picture, campaign.picture)), width=_WIDE)
    st.markdown(f"**{plain(campaign.name)}**  \n{plain(campaign.text)}")
    if campaign.link:
        st.link_button("Open link", campaign.link, icon=":material/open_in_new:")
    times = visit.ads.get(campaign.name, 0)
    st.caption(f"**Why this one:** {_why(ad)} ({format_match(ad.score)}). Shown {times} of at most {CAP} times.")
    with st.container(horizontal=True, gap="small", key="ad_because"):
        for item in get_items(library, encoder, ad.reason_item).values():
            if picture := picture_uri(item, _SMALL):
                st.image(picture, width=64, alt=Path(item.path).name)


def _picture(upload: bytes | Path) -> Image.Image:
    """A copy as large as it is shown, decoded apart: `st.image` would decode the upload in this process."""
    image = open_isolated(upload, min_side=_WIDE)
    image.thumbnail((2 * _WIDE, 2 * _WIDE))
    return image


def _why(ad: Ad) -> str:
    place = "something on this page" if ad.taste is None else f"your taste {ad.taste + 1}"
    if ad.by == "words" and ad.words:
        return f"it is for people interested in “{plain(ad.words[0])}”, which matches {place}"
    return f"its text or picture matches {place}"
