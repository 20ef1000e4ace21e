"""Finds places by name and names by place; knows no proposal."""
