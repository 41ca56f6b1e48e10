"""Catalogue of a lab's recordings: what is searched for, with the place of each file."""
