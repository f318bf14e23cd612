# SPDX-FileCopyrightText: 2026 The hyspn authors
# SPDX-License-Identifier: Apache-2.0

# Settings of our own tests, benchmarks and programs. Nothing here reaches users.
add_library(hyspn_developer INTERFACE)
target_compile_options(hyspn_developer INTERFACE
  "$<$<COMPILE_LANG_AND_ID:CXX,GNU,Clang,AppleClang>:-Wall;-Wextra;-Wpedantic;-Wshadow;-Wconversion;-Wsign-conversion;-Wdouble-promotion;-Wundef>"
  "$<$<AND:$<BOOL:${HYSPN_WERROR}>,$<COMPILE_LANG_AND_ID:CXX,GNU,Clang,AppleClang>>:-Werror>"
  "$<$<AND:$<BOOL:${HYSPN_NATIVE_ARCH}>,$<COMPILE_LANG_AND_ID:CXX,GNU,Clang,AppleClang>>:-march=native>"
  # GCC 12's own AVX-512 headers trip these two (PR 105593) wherever Eigen is vectorised.
  "$<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-maybe-uninitialized;-Wno-uninitialized>"
  "$<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-Wall,-Wextra,-Wconversion>"
  "$<$<AND:$<BOOL:${HYSPN_WERROR}>,$<COMPILE_LANGUAGE:CUDA>>:-Werror=all-warnings;-Xcompiler=-Werror>"
)
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release)
endif()
find_program(HYSPN_CCACHE ccache)
if(HYSPN_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${HYSPN_CCACHE}")
endif()
