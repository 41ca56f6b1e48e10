"""Numbers for readers: rounded to their error."""

from math import floor, isfinite, log10


def rounded(value: float, error: float) -> tuple[str, str]:
    """Return value and error with two digits of the error: ``("0.925", "0.012")``. Without error: four digits."""
    if not isfinite(value):
        return "not known", "not known"
    if not isfinite(error) or error <= 0:
        return f"{value:.4g}", "not known"
    digits = max(1 - floor(log10(error)), 0)
    return f"{value:.{digits}f}", f"{error:.{digits}f}"


def cell_with_error(value: float, error: float) -> str:
    """Return value and error in one cell; the value alone if the error is unknown."""
    found, sigma = rounded(value, error)
    return found if sigma == "not known" else f"{found} ± {sigma}"
