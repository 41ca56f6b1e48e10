"""Clients, cables and stand-ins for single instruments."""
