"""Is it more than chance? For planners: hotspots, communities and cells against a background."""
