"""Collections of features that other programs read: by OGC API - Features, as vector tiles.

Of a campaign its published proposals, communities and hotspots; besides the layers of the map, and
those uploaded that whoever asks may see. What is not there and what one may not see look the same.
"""
