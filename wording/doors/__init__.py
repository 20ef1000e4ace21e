"""Words of what other programs read: collections of features, hooks."""
