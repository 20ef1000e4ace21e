"""The collections as vector tiles, with a TileJSON and a style each: for MapLibre, QGIS, others."""
