"""For administrators of the whole platform: which base map lies below every map."""
