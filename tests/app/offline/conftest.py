"""Recordings of several nights, made once."""

from dataclasses import replace

import numpy as np
import pytest

from tests.support.recordings.made_recordings import made_heating, made_iv
from tests.support.recordings.streams import made_traces


@pytest.fixture(scope="package")
def folder(tmp_path_factory):
    """Three nights of traces that differ in noise, highest contact and start; a heating, an I-V; and what is broken."""
    folder = tmp_path_factory.mktemp("größe µ")
    for seed, n in ((1, 6), (2, 4), (3, 5)):
        made = made_traces(n, seed)
        if seed == 2:
            made.parts[0][0] += 2e-5  # an offset of the amplifier: other noise, other axes
        made.header = replace(made.header, started=f"2026-11-2{4 - seed}T08:00:00+00:00", sample="Au")
        made.write(folder / f"nächte {seed}.h5")
    rng = np.random.default_rng(1)
    made_iv(folder / "iv.h5", rng, curves=2)
    made_heating(folder / "heat.h5", rng, amplitudes_V=(1.2,), holds=3)
    return folder


@pytest.fixture(scope="package")
def nights(folder):
    return sorted(folder.glob("n*.h5"))
