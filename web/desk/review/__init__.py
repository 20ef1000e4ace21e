"""Pages on which planners review hotspots and write briefs."""
