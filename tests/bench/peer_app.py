"""The peer of the resident's pages: nothing but a map in st_folium; a tap puts a marker on it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

HERE = Path(__file__).resolve().parent
LEAFLET = HERE.parents[1] / "node_modules" / "leaflet" / "dist"

app = st.App(
    HERE / "peer_page.py", routes=[Mount("/assets/leaflet", StaticFiles(directory=LEAFLET))]
)
