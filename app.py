"""Semblance in the browser: streamlit run app.py"""

from ui.shell.frame import draw_frame

draw_frame().run()
