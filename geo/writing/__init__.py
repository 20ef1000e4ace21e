"""Writes results as files and streams; knows geo and errors alone, no database and no words."""
