"""Where the frozen program starts: as `python -m ragdesk` does."""

import sys

from ragdesk.__main__ import main

sys.exit(main())
