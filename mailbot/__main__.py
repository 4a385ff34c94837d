"""`python -m mailbot`, the same as `mailbot`."""

from mailbot.cli import main

if __name__ == "__main__":
    main()
