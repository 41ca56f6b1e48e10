"""First code of a process that works on files; run as a script, before any module of ours is imported.

Our packages come first on Python's path, before a file of the user's that is called analysis.py. Ctrl-C is for the
program that started the process, which then ends it.
"""

import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
signal.signal(signal.SIGINT, signal.SIG_IGN)
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # there is a process for each processor already
