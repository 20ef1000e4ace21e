"""Is it more than chance? What planners read of that, computed once for all who look. No HTTP."""
