"""Formats of files, each a module with an `Importer`."""
