"""The workbench's page "Who is missing": participants against the population."""
