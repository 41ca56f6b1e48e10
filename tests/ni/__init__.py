"""NI's own tests of nidaqmx, run on the simulated card from a clone of their repository."""
