"""OGC API - Features: what QGIS, GDAL and others open by one address; the same as pages for people.

Part 1 (Core, GeoJSON, HTML, OpenAPI 3.0), Part 2 (coordinate systems), Part 3 (filters in CQL2
text). ``conformance.py`` names what is kept; tests go through the clauses one by one.
"""
