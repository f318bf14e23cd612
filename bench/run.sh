#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The hyspn authors
# SPDX-License-Identifier: Apache-2.0

# Builds and runs the benchmarks. Arguments go to Google Benchmark, such as --benchmark_filter=ham.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

"$root"/cmake/install_packages.sh g++ cmake ninja-build libeigen3-dev libpng-dev nlohmann-json3-dev libbenchmark-dev

cmake -S "$root" --preset release -D HYSPN_BUILD_TESTS=OFF -D HYSPN_BUILD_BENCH=ON -D HYSPN_BUILD_EXAMPLES=OFF
cmake --build "$root/build/release" --target hyspn_bench --parallel "$(nproc)"

exec "$root/build/release/bench/hyspn_bench" "$@"
