"""What planners read: filters, selections, counts, hotspots; changes nothing but what planners
keep.
"""
