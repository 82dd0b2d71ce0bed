"""`python -m portal.static_build`."""

from portal.static_build import STATIC, build

build(STATIC)
