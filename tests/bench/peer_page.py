"""The script of the peer; Leaflet comes from its own server, as a page for China needs it."""

from __future__ import annotations

import folium
from streamlit_folium import st_folium

folium.Map.default_js = [("leaflet", "/assets/leaflet/leaflet.js")]
folium.Map.default_css = [("leaflet_css", "/assets/leaflet/leaflet.css")]

made = folium.Map(location=[40.0372, 116.3256], zoom_start=14, tiles=None)
folium.ClickForMarker().add_to(made)
st_folium(made, key="map", height=560, returned_objects=[])
