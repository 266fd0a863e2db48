"""The containers' own health check: exits 0 when the URL answers 200."""

import sys
from urllib.error import HTTPError
from urllib.request import urlopen

try:
    urlopen(sys.argv[1], timeout=4).read()
except HTTPError as error:
    sys.exit(error.read().decode(errors="replace").strip())
except OSError as error:
    sys.exit(str(error))
