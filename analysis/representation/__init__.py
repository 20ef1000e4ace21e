"""Who is missing? Participants against the population, counted once for all who look. No HTTP."""
