"""For every map: the base map below our own layers, by the settings or as chosen at the desk."""
