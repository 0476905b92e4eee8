# The extension that setup.py builds from libyang.h; cffi has no types.
from typing import Any

ffi: Any
lib: Any
