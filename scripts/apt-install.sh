#!/bin/sh
# Install Debian packages as root or through sudo, or say what to install by hand.
set -u
as_root=
[ "$(id -u)" -eq 0 ] || as_root=sudo
if ! command -v apt-get >/dev/null || { [ -n "$as_root" ] && ! command -v sudo >/dev/null; }; then
  echo "Please install by hand, then try again: $*" >&2
  exit 1
fi
echo "Installing $* ..."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086  # as_root is one word or none
if $as_root apt-get update >"$log" 2>&1 &&
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" >>"$log" 2>&1; then
  exit 0
fi
tail -20 "$log" >&2
echo "apt-get could not install $*; please install it by hand, then try again." >&2
exit 1
