"""Statistics over opening traces, one a module; the table of them is ``analysis.statistics.registry``."""
