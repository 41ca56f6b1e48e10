"""Heat in the electrodes from modulated junctions: programmes, holds, estimator, errors, controls."""
