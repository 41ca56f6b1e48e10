"""Helpers of the tests; README.md says which is where."""
