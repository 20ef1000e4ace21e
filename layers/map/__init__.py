"""Draws the map that pages show: folium, scripts, icons; asks no database."""
