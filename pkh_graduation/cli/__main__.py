"""``python -m pkh_graduation.cli`` is the console script."""

from pkh_graduation.cli.app import main

main()
