"""`python -m app` is `hotjunction`."""

from app.cli import main

main(prog_name="hotjunction")
