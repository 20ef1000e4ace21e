"""Filters as other programs write them (OGC CQL2 text): read, then asked of the database or rows.

A filter only narrows what its asker may see anyway: it is put beside the conditions of a selection.
"""
