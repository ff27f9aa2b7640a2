"""Semblance in the browser: streamlit run app.py"""

from ui.frame import run_navigation

run_navigation().run()
