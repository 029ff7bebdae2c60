"""``python -m spillover``."""

from spillover.cli import main

main()
