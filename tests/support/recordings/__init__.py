"""Recordings and streams made with known content."""
