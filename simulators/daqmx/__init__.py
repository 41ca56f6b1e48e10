"""NI 6281 behind NI's device-server protocol."""
