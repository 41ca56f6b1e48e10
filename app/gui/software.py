"""Name and version of the program, for what it exports."""

from importlib import metadata

SOFTWARE = f"hotjunction {metadata.version('hotjunction')}"
