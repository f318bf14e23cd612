#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The hyspn authors
# SPDX-License-Identifier: Apache-2.0

# Builds and runs the program complete_depth. Arguments go to it; --help lists them. Without any it completes a
# synthetic scene and leaves the pictures in out/.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

"$root"/cmake/install_packages.sh g++ cmake ninja-build libeigen3-dev libpng-dev nlohmann-json3-dev libcli11-dev

cmake -S "$root" --preset release -D HYSPN_BUILD_TESTS=OFF -D HYSPN_BUILD_BENCH=OFF -D HYSPN_BUILD_EXAMPLES=ON
cmake --build "$root/build/release" --target complete_depth --parallel "$(nproc)"

[ $# -gt 0 ] || set -- --out "$root/out"
exec "$root/build/release/examples/complete_depth" "$@"
