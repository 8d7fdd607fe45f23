"""`python -m walkeros_klaviyo` is the command line."""

from __future__ import annotations

from walkeros_klaviyo.shell.cli import main

if __name__ == "__main__":
    main()
