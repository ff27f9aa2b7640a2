"""Semblance in the browser: streamlit run app.py"""

from ui.frame import frame

frame().run()
