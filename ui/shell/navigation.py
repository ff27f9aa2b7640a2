"""The table of pages: title, icon and place in the navigation."""

from __future__ import annotations

import streamlit as st


def _pages() -> dict[str, list[st.Page]]:
    """The pages below the headings of the navigation."""
    return {
        "Find": [
            st.Page("pages/home.py", title="Home", icon=":material/home:", default=True),
            st.Page("pages/library.py", title="Library", icon=":material/photo_library:"),
            st.Page("pages/search_images.py", title="Search images", icon=":material/image_search:"),
            st.Page("pages/search_video.py", title="Search video", icon=":material/video_search:"),
            st.Page("pages/recommend.py", title="Recommend", icon=":material/recommend:"),
        ],
        "Sort": [
            st.Page("pages/explore.py", title="Explore", icon=":material/scatter_plot:"),
            st.Page("pages/clean_up.py", title="Clean up", icon=":material/mop:"),
            st.Page("pages/classify.py", title="Classify", icon=":material/category:"),
            st.Page("pages/lab.py", title="Lab", icon=":material/experiment:"),
        ],
        "How it works": [
            st.Page("pages/learn.py", title="Learn an embedding", icon=":material/model_training:"),
            st.Page("pages/distance.py", title="Distance and direction", icon=":material/square_foot:"),
            st.Page("pages/one_space.py", title="One space", icon=":material/join:"),
            st.Page("pages/dimensions.py", title="How many dimensions", icon=":material/straighten:"),
            st.Page("pages/pixels.py", title="Pixels or embeddings", icon=":material/apps:"),
            st.Page("pages/inside.py", title="Inside a vector", icon=":material/barcode:"),
            st.Page("pages/models.py", title="Models side by side", icon=":material/compare:"),
        ],
    }
