"""Checks of contacts while they are made and opened: what ended an approach, what scale their ends show."""
