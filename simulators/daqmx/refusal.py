"""Refusal of what the real card has and the simulation lacks."""

import grpc

NOT_SIMULATED = grpc.StatusCode.UNKNOWN
"""Status of such a refusal. In place of UNIMPLEMENTED's message nidaqmx would advise to upgrade NI's server."""

SIMULATED = (
    "the simulated NI 6281 has analogue inputs and outputs in volts, and digital lines as outputs without a clock; no "
    "counters, no clocked digital lines, no sensors and scales, no reference triggers"
)
"""End of the sentence that refuses a function: the list of those that are simulated."""
