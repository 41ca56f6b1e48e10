"""Evaluated holds drawn from numbers of which the truth is known."""

import numpy as np

from analysis.heating.hold_estimate import HoldEstimate

R_P = 72_800.0


def estimate(
    dT_pos_K=0.0, dT_neg_K=0.0, q_pos_W=1e-7, q_neg_W=1e-7, *, sigma_K=7e-4, kept_s=5.0, rho=0.5, **fields
):
    """One hold with noise of the thermometer correlated by ``rho``."""
    covariance = sigma_K**2 * np.array([[1.0, rho], [rho, 1.0]])
    described = {
        "number": 0,
        "amplitude_V": 1.0,
        "current_pos_A": 1e-7,
        "current_neg_A": -1e-7,
        "periods": 61,
    }
    return HoldEstimate(
        dT_pos_K=dT_pos_K,
        dT_neg_K=dT_neg_K,
        covariance_K2=covariance,
        q_total_pos_W=q_pos_W,
        q_total_neg_W=q_neg_W,
        kept_s=kept_s,
        samples=(0, 10_000),
        **{**described, **fields},
    )


def junctions(
    rng, n, *, share=0.4, power_W=2e-7, spread=0.2, sigma_K=7e-4, amplitude_V=1.0, rho=0.5, **fields
):
    """``n`` holds: ``share`` of each one's power in the tip at positive bias, its complement at negative."""
    power = power_W * (1.0 + spread * rng.standard_normal(n))
    noise = rng.multivariate_normal([0.0, 0.0], sigma_K**2 * np.array([[1.0, rho], [rho, 1.0]]), size=n)
    return [
        estimate(
            share * R_P * p + noise[i, 0],
            (1.0 - share) * R_P * p + noise[i, 1],
            p,
            p,
            sigma_K=sigma_K,
            rho=rho,
            number=i,
            amplitude_V=amplitude_V,
            **fields,
        )
        for i, p in enumerate(power)
    ]
