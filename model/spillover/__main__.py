"""What the command ``spillover`` runs, and ``python -m spillover``."""

from spillover.interruptions import importing, nothing_left_to_interrupt


def main() -> None:
    """Import the command line, which takes most of a short run's time, and run it."""
    with importing():
        import spillover.scorer  # noqa: F401 (with numpy; nearly every command needs it)
        from spillover.cli import main as run
    try:
        run()
    finally:
        nothing_left_to_interrupt()


if __name__ == "__main__":
    main()
