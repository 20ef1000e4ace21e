"""Community polygons and campaign areas, an edition at a time; knows no proposal."""
