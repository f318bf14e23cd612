#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The hyspn authors
# SPDX-License-Identifier: Apache-2.0

# Builds everything with warnings as errors and runs all tests; with CUDA where nvcc exists. Arguments go to ctest.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cmake/install_packages.sh g++ cmake ninja-build libeigen3-dev libpng-dev nlohmann-json3-dev libcli11-dev catch2 \
  libbenchmark-dev

cuda=OFF
if command -v nvcc >/dev/null || [ -x "${CUDA_PATH:-/usr/local/cuda}/bin/nvcc" ]; then
  cuda=ON
  export PATH="$PATH:${CUDA_PATH:-/usr/local/cuda}/bin"
fi
jobs=$(nproc)
cmake --preset ci -D HYSPN_BUILD_TESTS=ON -D HYSPN_BUILD_BENCH=ON -D HYSPN_BUILD_EXAMPLES=ON -D HYSPN_ENABLE_CUDA=$cuda
cmake --build --preset ci --parallel "$jobs"
ctest --preset ci --output-on-failure --parallel "$jobs" "$@"
