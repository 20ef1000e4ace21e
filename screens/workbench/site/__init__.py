"""The page "Site": where something should be built, what that comes to, and scenarios kept."""
