"""Makes the file of a version in the background: layers, project, brief, photos, manifest."""
