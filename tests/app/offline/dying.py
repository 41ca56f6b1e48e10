"""Tasks that end badly, in a module that another process can import."""

import os


def name_of(path, *deaths):
    """Return the name of a file; die of some of them."""
    if path.name in deaths:
        os._exit(3)
    return path.name
