#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The hyspn authors
# SPDX-License-Identifier: Apache-2.0

# check_sources_guards.sh <project folder>: breaks each rule of check_sources.sh, in a copy, and sees it noticed.
set -uo pipefail
project=$1
check=$(dirname "${BASH_SOURCE[0]}")/check_sources.sh
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
(cd "$project" && cp -r CMakeLists.txt include tests bench examples cmake "$copy")
unnoticed=0

# expect <text of the rule> <file> <line>: with the line at its end, or as its only one, the file violates the rule.
expect() {
  local rule=$1 file=$copy/$2 line=$3 before='' found status
  if [ -e "$file" ]; then before=$(cat "$file"); fi
  mkdir -p "$(dirname "$file")"
  printf '%s\n' "$line" >>"$file"
  found=$("$check" "$copy")
  status=$?
  if [ "$status" -ne 1 ] || [[ $found != *"$rule"* ]]; then
    printf 'not noticed: "%s" in %s\n' "$line" "$2"
    unnoticed=$((unnoticed + 1))
  fi
  if [ -n "$before" ]; then printf '%s\n' "$before" >"$file"; else rm "$file"; fi
}

layers='a header includes lower layers'
expect "$layers" include/hyspn/core/view.hpp '#include <hyspn/exec/seq.hpp>'
expect "$layers" include/hyspn/manifold/curvature.hpp '#include <hyspn/affinity/naive.hpp>'
expect "$layers" include/hyspn/affinity/naive.hpp '#  include <hyspn/propagation/stencil.hpp>'
expect "$layers" include/hyspn/io/png.hpp '#include <hyspn/exec/seq.hpp>'
expect "$layers" include/hyspn/backends/omp/guidance/nearest_samples.hpp '#include <hyspn/affinity/naive.hpp>'
expect "$layers" include/hyspn/backends/omp/tiles.hpp '#include <hyspn/affinity/naive.hpp>'
expect "$layers" include/hyspn/data/sample.hpp '#include <hyspn/io/image.hpp>'
expect "$layers" include/hyspn/data/sample.hpp '#include <hyspn/data/folder.hpp>'
expect "$layers" include/hyspn/data/folder.hpp '#include <hyspn/nn/poincare_linear.hpp>'
expect "$layers" include/hyspn/new_layer/a.hpp '#include <hyspn/core/view.hpp>'
for form in '"hyspn/exec/seq.hpp"' ' "../exec/seq.hpp"' '<hyspn/exec/seq.hpp>' ' <../hyspn/exec/seq.hpp>' \
  ' <hyspn/core/../exec/seq.hpp>' ' EXEC_HEADER'; do
  expect 'includes as in' include/hyspn/core/view.hpp "#include$form"
done
expect 'umbrella' include/hyspn/manifold/curvature.hpp '#include <hyspn/manifold/poincare.hpp>'
expect 'Eigen' include/hyspn/core/view.hpp '#include <Eigen/Core>'
expect 'started by exec' include/hyspn/affinity/naive.hpp '#pragma omp parallel for'
expect 'started by exec' include/hyspn/affinity/naive.hpp 'kernel<<<1, 1>>>();'
expect 'compilers are asked' include/hyspn/core/view.hpp '#ifdef __CUDACC__'
expect 'neither prints' include/hyspn/core/view.hpp 'inline void f() { std::printf("x"); }'
expect 'neither prints' include/hyspn/core/view.hpp 'inline void f() { std::cerr << 1; }'
expect 'neither prints' include/hyspn/core/view.hpp 'inline void f() { std::exit(1); }'
expect 'included once' include/hyspn/core/new.hpp 'struct a;'
expect 'names its licence' tests/packaging/new.cpp 'struct a;'
expect 'no file is longer' tests/packaging/new.cpp "$(seq 451)"

echo "$unnoticed unnoticed"
[ "$unnoticed" -eq 0 ]
