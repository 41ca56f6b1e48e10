"""A bench has as many handles as the system allows, whatever it starts programs with."""

from types import SimpleNamespace

import pytest

from app.console.handles import MANY, allow_many_handles


@pytest.mark.parametrize(
    ("now", "most", "set_to"),
    [
        (1024, 524288, (MANY, 524288)),
        (256, -1, (MANY, -1)),
        (1024, 4096, (4096, 4096)),
        (MANY, 524288, None),
        (-1, -1, None),
    ],
)
def test_the_limit_is_raised_to_what_the_system_allows_and_never_lowered(now, most, set_to):
    limits = []
    system = SimpleNamespace(
        RLIMIT_NOFILE=7,
        RLIM_INFINITY=-1,
        getrlimit=lambda which: (now, most),
        setrlimit=lambda which, values: limits.append((which, values)),
    )

    allow_many_handles(system)

    assert limits == ([] if set_to is None else [(7, set_to)])


def test_a_system_that_refuses_is_no_error():
    def refuse(which, values):
        raise OSError("not allowed")

    allow_many_handles(
        SimpleNamespace(
            RLIMIT_NOFILE=7, RLIM_INFINITY=-1, getrlimit=lambda which: (1024, 4096), setrlimit=refuse
        )
    )
