"""The Streamlit app: screens over `core`."""
