"""Parts that Streamlit's pages are put together from."""
