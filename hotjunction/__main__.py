"""`python -m hotjunction` is `hotjunction`."""

from app.cli import main

main(prog_name="hotjunction")
