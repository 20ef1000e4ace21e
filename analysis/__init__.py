"""What planners read: filters, selections, counts, hotspots; changes only what planners keep."""
