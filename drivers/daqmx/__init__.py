"""NI-DAQmx tasks: channels, inputs, outputs and waveforms of one card."""
