"""Brings proposals in from tables; files them as everybody's are filed."""
