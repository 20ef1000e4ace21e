"""Streamlit's pages: they show, and call actions; no rule lives here."""
