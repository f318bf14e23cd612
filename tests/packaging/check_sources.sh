#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The hyspn authors
# SPDX-License-Identifier: Apache-2.0

# check_sources.sh <project folder>: the rules of the house that a text search can see. Prints each violation with its
# rule; fails if there is any.
set -uo pipefail
cd "$1" || exit 2
library=include/hyspn
longest_file=450
violations=0

# report <rule>: every line of the standard input is a violation of it.
report() {
  local line
  while IFS= read -r line; do
    echo "$1: $line"
    violations=$((violations + 1))
  done
}

# Layers a header may include, by the layer it is in.
allowed_layers() {
  case $1 in
    core) echo core ;;
    exec) echo core exec ;;
    manifold) echo core exec manifold ;;
    affinity | propagation) echo core exec manifold "$1" ;;
    guidance) echo core exec manifold propagation guidance ;;
    nn) echo core exec manifold affinity guidance propagation nn ;;
    optim) echo core exec manifold affinity guidance propagation nn optim ;;
    pipeline) echo core exec manifold affinity guidance propagation nn pipeline ;;
    training) echo core exec manifold affinity guidance propagation nn optim pipeline training ;;
    metrics) echo core exec metrics ;;
    data) echo core exec guidance data ;;
    data_files) echo core exec guidance data data_files io ;;
    io) echo core io ;;
    testing) echo core exec testing ;;
    *) echo unknown ;;
  esac
}

# layer_of <header, relative to the library>: backends/<policy>/<layer>/... counts as <layer>, and what lies in
# backends/<policy> itself as exec. The headers of data that read files are a layer of their own.
layer_of() {
  local path=$1
  case $path in
    backends/*/*/*) path=${path#backends/*/} ;;
    backends/*/*) path=exec/ ;;
    data/folder.hpp | data/datasets.hpp) path=data_files/ ;;
  esac
  echo "${path%%/*}"
}

# Lines "<header>:<number>:<included header>", both relative to the library.
includes() {
  (cd "$library" && grep -rnE '^ *# *include +<hyspn/' --include='*.hpp' --include='*.cuh' . |
    sed -E 's|^\./||; s|# *include +<hyspn/([^>]*)>.*|\1|; s|: +|:|')
}

upward_includes() {
  local from number to
  while IFS=: read -r from number to; do
    [[ " $(allowed_layers "$(layer_of "$from")") " == *" $(layer_of "$to") "* ]] || echo "$from:$number includes $to"
  done < <(includes)
}

# A header of includes and comments alone is for users; inside the library it hides what is needed.
umbrella_includes() {
  local umbrella
  while IFS= read -r umbrella; do
    includes | grep -E ":${umbrella#"$library"/}\$"
  done < <(grep -rLE '^ *[^#/ ]' --include='*.hpp' "$library")
}

sources() {
  find include tests bench examples cmake -type f \( -name '*.hpp' -o -name '*.cuh' -o -name '*.cpp' -o -name '*.cu' \
    -o -name '*.cmake' -o -name 'CMakeLists.txt' -o -name '*.sh' \)
  echo CMakeLists.txt
}

# library_lines <pattern> [<allowed path pattern>]: lines of the library with the pattern, outside the allowed paths.
library_lines() {
  grep -rnE "$1" --include='*.hpp' --include='*.cuh' "$library" | grep -vE "^$library/(${2:-nothing})"
}

# Other ways to write an include would hide its layer.
report 'the library includes as in #include <hyspn/core/view.hpp>' < <(
  library_lines '^[[:space:]]*#[[:space:]]*include' | grep -vE ': *# *include +<[^.>][^>]*>' |
    cat - <(library_lines '# *include.*\.\./'))
report 'a header includes lower layers and its own only' < <(upward_includes)
report 'the library does not include umbrella headers' < <(umbrella_includes)
report 'Eigen is for core/eigen.hpp and the OpenMP back end' < <(
  library_lines '# *include +<(unsupported/)?Eigen/' 'core/eigen\.hpp:|backends/omp/')
report 'threads and kernels are started by exec and back ends' < <(
  library_lines '# *pragma +omp +(parallel|target)|<<<' 'exec/|backends/')
report 'compilers are asked for in core/config.hpp' < <(
  library_lines '__CUDACC__|__CUDA_ARCH__' 'core/config\.hpp:|[^:]*\.cuh:')
report 'the library neither prints nor exits' < <(
  library_lines '(^|[^a-z_])(printf|fprintf|puts|exit|abort|terminate) *\(|std::(cout|cerr|clog)')
report 'every header is included once' < <(grep -rL '^#pragma once$' --include='*.hpp' --include='*.cuh' include)
report 'every source names its licence' < <(
  sources | xargs grep -L -F 'SPDX-License-Identifier: Apache-2.0'
  sources | xargs grep -L -F 'SPDX-FileCopyrightText: ')
report "no file is longer than $longest_file lines" < <(
  sources | xargs wc -l | awk -v most="$longest_file" '$2 != "total" && $1 > most { print $2 ": " $1 }')

echo "$violations violations"
[ "$violations" -eq 0 ]
