"""Scenarios: where something should be built for those who speak up in a view, kept and compared.

For planners. ``geo.siting`` chooses; this room gives it demand, candidates and masks from the
campaign and its layers, and says what a choice comes to in people, communities and wishes.
"""
