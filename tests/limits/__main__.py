"""Run the trial of the limits: ``python -m tests.limits [CASES] [--keep FILE]``."""

from tests.limits.trial import main

if __name__ == "__main__":
    main()
