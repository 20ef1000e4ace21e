"""What every room stands on: settings, errors, database, texts, background work; knows no room."""
