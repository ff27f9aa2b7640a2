"""The app for a host that runs a script and has no step before it, as Streamlit Community Cloud: public mode, and the
sample library is made at the first visit. streamlit run cloud.py"""

import os
import subprocess
import sys

import streamlit as st

os.environ.setdefault("SEMBLANCE_PUBLIC", "1")
os.environ.setdefault("SEMBLANCE_MAX_JOBS", "1")  # two heavy jobs at a time do not fit into its memory


@st.cache_resource(show_spinner="Making the sample library: once, about a minute")
def _make_sample() -> None:
    # in a process of its own: what encoding videos and preparing the encoder take is given back when it ends
    subprocess.run([sys.executable, "-m", "core", "sample", "--quiet"], check=True, stdout=sys.stderr)


_make_sample()

from ui.frame import frame  # noqa: E402

frame().run()
