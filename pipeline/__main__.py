"""How is the command line started? By `python -m pipeline --help`."""

from pipeline.commands.cli import main

if __name__ == "__main__":
    main()
