"""Attacks on a running bench from outside: signals, stopped processes, cut links, second owners."""
