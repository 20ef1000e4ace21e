"""Reads drawings of CAD programs (DXF): entities of the model space as features with columns."""
