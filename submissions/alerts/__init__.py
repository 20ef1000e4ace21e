"""Letters about what is new around a place, in a community or in a campaign; no web library."""
