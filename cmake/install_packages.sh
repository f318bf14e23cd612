#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The hyspn authors
# SPDX-License-Identifier: Apache-2.0

# Installs the Debian or Ubuntu packages named as arguments that are missing, and says which. Where it cannot, it says
# what to do: on other systems nothing is installed, and CMake reports what it does not find.
set -euo pipefail

oldest_cmake=3.24

# A tool that is on the PATH counts as installed, wherever it came from.
is_installed() {
  case $1 in
    g++) command -v c++ >/dev/null ;;
    cmake) command -v cmake >/dev/null ;;
    ninja-build) command -v ninja >/dev/null ;;
    *) [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ] ;;
  esac
}

list_missing() {
  missing=()
  local package
  for package in "$@"; do is_installed "$package" || missing+=("$package"); done
}

give_up() {
  printf 'Cannot install them: %s. Please run as an administrator:\n  apt-get update && apt-get install %s\n' \
    "$1" "${missing[*]}" >&2
  exit 1
}

install_missing() {
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || give_up "this needs root rights and there is no sudo"
    as_root=(sudo)
  fi
  local install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive
    apt-get install --yes --no-install-recommends "${missing[@]}")
  # The package lists of a new machine are empty or old: only then is an update needed.
  "${install[@]}" && return
  "${as_root[@]}" apt-get update || give_up "apt-get update failed"
  "${install[@]}" || give_up "apt-get install failed"
}

if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; then
  list_missing "$@"
  if [ ${#missing[@]} -gt 0 ]; then
    echo "Installing missing packages: ${missing[*]}"
    install_missing
  fi
else
  echo "No apt-get here, so nothing is installed. Needed, under their Debian names: $*"
fi

version=$(cmake --version 2>/dev/null | sed -n 's/^cmake version //p' || true)
if [ -z "$version" ] || [ "$(printf '%s\n' "$oldest_cmake" "$version" | sort -V | head -n 1)" != "$oldest_cmake" ]; then
  echo "CMake $oldest_cmake or newer is needed, found ${version:-none}. 'pip install cmake' provides a new one." >&2
  exit 1
fi
