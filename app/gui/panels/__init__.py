"""Panels around the views: procedures, queue, rig, log, notes, recordings, replay."""
