"""What the map is made of besides proposals; knows no proposal."""
