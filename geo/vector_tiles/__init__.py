"""Vector tiles (Mapbox Vector Tile 2.1): points by an encoder of our own, shapes by the library."""
