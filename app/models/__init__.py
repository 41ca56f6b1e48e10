"""Model files: transmissions, junctions and Buettiker circuits that a user writes."""
