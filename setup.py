"""Builds what is C of yangbeam: the extension that reads libyang, laid out by the headers of this machine.

All else is in pyproject.toml. What is missing is said in one line, before anything is downloaded or compiled.
"""

import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from setuptools import setup

DECLARED = Path(__file__).parent / "core" / "yang" / "libyang.h"
SOURCE = """
#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <libyang/libyang.h>
#include <libyang/plugins_types.h>
#include <libyang/version.h>
#if LY_VERSION_MAJOR < 2 || LY_VERSION_MAJOR > 3
#error libyang 2.1.30 to 3.x
#endif
#ifdef LY_PROJ_VERSION
static const char *built_for(void) { return LY_PROJ_VERSION; }
static const char *running(void) { return ly_version_proj_str(); }
#else
static const char *built_for(void) { return "2, soversion " LY_VERSION; }
static const char *running(void) {  /* it does not say; the name of its file does */
    static char said[PATH_MAX];
    char path[PATH_MAX], *version;
    Dl_info found;
    if (!dladdr((void *)ly_ctx_new, &found) || !realpath(found.dli_fname, path)) return "";
    version = strstr(path, ".so.");
    if (!version) return "";
    snprintf(said, sizeof said, "2, soversion %s", version + strlen(".so."));
    return said;
}
#endif
#if LY_VERSION_MAJOR < 3
static const char *error_path(const struct ly_err_item *item) { return item->path; }
static const char *error_schema_path(const struct ly_err_item *item) { (void)item; return NULL; }  /* in the path */
static uint64_t error_line(const struct ly_err_item *item) { (void)item; return 0; }  /* the same */
#else
static const char *error_path(const struct ly_err_item *item) { return item->data_path; }
static const char *error_schema_path(const struct ly_err_item *item) { return item->schema_path; }
static uint64_t error_line(const struct ly_err_item *item) { return item->line; }
#endif
static int log_level(int level) { return (int)ly_log_level((LY_LOG_LEVEL)level); }
static uint64_t array_length(const void *array) { return LY_ARRAY_COUNT(array); }
static int is_inverted(const struct lysc_pattern *pattern) { return pattern->inverted; }
"""
PROBE = """
#include <Python.h>
#include <libyang/libyang.h>
#include <libyang/version.h>
soversion LY_VERSION_MAJOR LY_VERSION_MINOR
"""
OLDEST, NEWEST = (2, 25), (3, 99)
"""Soversions: 2.25 is of libyang 2.1.30's line, 3.9 of libyang 3.12."""


def libyang_package() -> str:
    """Debian's name for libyang's headers: the older releases have the number in it."""
    release = platform.freedesktop_os_release().get("VERSION_CODENAME", "") if Path("/etc/os-release").exists() else ""
    return "libyang2-dev" if release in {"bookworm", "jammy", "noble"} else "libyang-dev"


def missing(compiler: list[str]) -> str:
    """Says in one line what this machine lacks to build; empty when it lacks nothing."""
    if not shutil.which(compiler[0]):
        return f"no C compiler ({compiler[0]}): apt-get install build-essential"
    include = sysconfig.get_paths()["include"]
    command = [*compiler, "-E", "-P", f"-I{include}", *flags("CPPFLAGS"), *flags("CFLAGS"), "-xc", "-"]
    found = subprocess.run(command, input=PROBE, capture_output=True, text=True, check=False, env=ENGLISH)  # noqa: S603
    header = re.search(r"fatal error: (\S+): No such file", found.stderr)
    if header:
        packages = {"Python.h": "python3-dev", "pcre2.h": "libpcre2-dev", "libyang/libyang.h": libyang_package()}
        return f"the header {header[1]} is missing: apt-get install {packages.get(header[1], 'what has it')}"
    version = re.search(r"^soversion (\d+) (\d+)", found.stdout, re.MULTILINE)
    if not version:
        return f"libyang's headers cannot be read: {(found.stderr.strip() or 'the compiler is silent').splitlines()[0]}"
    soversion = (int(version[1]), int(version[2]))
    if not OLDEST <= soversion <= NEWEST:
        return f"libyang of soversion {version[1]}.{version[2]} is installed; yangbeam reads libyang 2.1.30 to 3.x"
    return ""


def flags(name: str) -> list[str]:
    """Words of an environment variable, as the C compiler gets them."""
    return shlex.split(os.environ.get(name, ""))


def builder() -> object:
    """The extension, for cffi's ``cffi_modules``."""
    from cffi import FFI  # noqa: PLC0415 - not needed to say what is missing

    ffi = FFI()
    ffi.cdef(DECLARED.read_text(encoding="utf-8"))
    ffi.set_source("yangbeam.core.yang._libyang", SOURCE, libraries=["yang"])
    return ffi


ENGLISH = os.environ | {"LC_ALL": "C"}

if __name__ == "__main__":
    lacks = missing(flags("CC") or shlex.split(sysconfig.get_config_var("CC") or "cc"))
    if lacks:
        sys.exit(f"yangbeam cannot be built here: {lacks}")
    setup(cffi_modules=["setup.py:builder"])
