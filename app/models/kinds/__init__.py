"""Kinds of transmission in a model file, one a module."""
