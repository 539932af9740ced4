"""The command `trainer`, also as `python -m trainer`. Ctrl-C is handled before anything else is imported."""

from trainer.interrupt import exit_on_interrupt


def main() -> None:
    """Run the command line."""
    exit_on_interrupt()
    from trainer.cli import main as run

    run()


if __name__ == "__main__":
    main()
