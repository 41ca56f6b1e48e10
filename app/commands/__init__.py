"""Commands of `hotjunction`, one a file, loaded only when called."""
