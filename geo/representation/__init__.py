"""Who is missing? For planners: participants by group against the population. Pure."""
