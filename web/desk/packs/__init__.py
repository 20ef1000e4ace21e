"""Packs at the desk: made, given to firms by name, their questions answered, schemes decided."""
