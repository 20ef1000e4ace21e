"""Changes of many proposals at once, in the background, each as if made by hand."""
