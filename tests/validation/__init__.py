"""Coverage studies: how often the program's error bars contain a truth that was put in."""
