"""Semblance in the browser: streamlit run app.py"""

import streamlit as st

from ui.page import LOGO, boundary
from ui.sidebar import sidebar

st.set_page_config(page_title="Semblance", page_icon=":material/join_inner:", layout="wide")
st.logo(LOGO, size="large")
# The paths in the address differ from the names of the files: Streamlit also looks into a folder called pages by
# itself, at the first run of a server, and would take a page with the same name out of this frame.
page = st.navigation(
    [
        st.Page("pages/home.py", title="Home", icon=":material/home:", url_path="start", default=True),
        st.Page("pages/library.py", title="Library", icon=":material/photo_library:", url_path="libraries"),
        st.Page("pages/search_images.py", title="Search images", icon=":material/image_search:", url_path="search"),
    ]
)
with boundary():
    sidebar()
    page.run()
