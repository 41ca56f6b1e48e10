"""Alerts of a bench: desktop, e-mail, chat services."""
