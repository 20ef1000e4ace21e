"""DBSCAN on a grid: places in cells, which are core, what belongs together; for geo.clustering."""
