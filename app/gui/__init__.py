"""The window of hotjunction: the only package that knows Qt."""
