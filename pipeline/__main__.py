"""Starts the command line: `python -m pipeline --help`."""

from pipeline.commands.cli import main

if __name__ == "__main__":
    main()
