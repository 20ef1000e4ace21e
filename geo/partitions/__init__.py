"""The same results from parts: strips of places, and parts of a file on a Dask cluster."""
