"""The app for a host that runs a script and has no step before it, as Streamlit Community Cloud: public mode, and the
sample library is made at the first visit. streamlit run cloud.py"""

import os

import streamlit as st

os.environ.setdefault("SEMBLANCE_PUBLIC", "1")
os.environ.setdefault("SEMBLANCE_MAX_JOBS", "1")  # two heavy jobs at a time do not fit into its memory

from ui.server.hosted import make_sample

with st.spinner("Making the sample library: once, about a minute"):
    make_sample()

from ui.shell.frame import draw_frame

draw_frame().run()
