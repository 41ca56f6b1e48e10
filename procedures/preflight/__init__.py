"""Pre-flight: proof of a rig before the first motion of a run. `analysis.preflight` judges what it measures."""
