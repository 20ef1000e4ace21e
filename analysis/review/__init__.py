"""One view of a campaign with all that is needed to show it: for the desk and the workbench."""
