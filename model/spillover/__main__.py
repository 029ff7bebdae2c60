"""What the command ``spillover`` runs, and ``python -m spillover``."""

from spillover.interruptions import importing


def main() -> None:
    """Import the command line, which takes most of a short run's time, and run it."""
    with importing():
        import spillover.scorer  # noqa: F401 (with numpy; nearly every command needs it)
        from spillover.cli import main as run
    run()


if __name__ == "__main__":
    main()
