"""Statistics over held junctions: I-V curves of many junctions, flicker and telegraph noise."""
