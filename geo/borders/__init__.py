"""How a set of borders fits an area and the set before it; pure."""
