"""The room of a design firm: what was given to it, by a link or after signing in."""
