"""Instrument drivers, one instrument per file; vendor libraries are imported only here."""
