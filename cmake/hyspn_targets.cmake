# SPDX-FileCopyrightText: 2026 The hyspn authors
# SPDX-License-Identifier: Apache-2.0

# hyspn::hyspn   the headers; needs Eigen 3.4
# hyspn::omp     the same, with exec::omp switched on (OpenMP)
# hyspn::cuda    the same, with exec::cuda in .cu files (CUDA runtime, cuBLAS)
# hyspn::io      the same, with the file formats of hyspn/io (libpng, nlohmann-json)
include(GNUInstallDirs)

find_package(Eigen3 3.4 REQUIRED NO_MODULE)

add_library(hyspn INTERFACE)
add_library(hyspn::hyspn ALIAS hyspn)
target_compile_features(hyspn INTERFACE cxx_std_20)
target_link_libraries(hyspn INTERFACE Eigen3::Eigen)
file(GLOB_RECURSE hyspn_headers CONFIGURE_DEPENDS
  "${CMAKE_CURRENT_SOURCE_DIR}/include/hyspn/*.hpp"
  "${CMAKE_CURRENT_SOURCE_DIR}/include/hyspn/*.cuh"
)
target_sources(hyspn INTERFACE FILE_SET HEADERS
  BASE_DIRS "${CMAKE_CURRENT_SOURCE_DIR}/include" FILES ${hyspn_headers}
)
set(hyspn_exported_targets hyspn)

if(HYSPN_ENABLE_OPENMP)
  find_package(OpenMP COMPONENTS CXX)
  if(OpenMP_CXX_FOUND)
    add_library(hyspn_omp INTERFACE)
    add_library(hyspn::omp ALIAS hyspn_omp)
    set_target_properties(hyspn_omp PROPERTIES EXPORT_NAME omp)
    target_link_libraries(hyspn_omp INTERFACE hyspn OpenMP::OpenMP_CXX)
    list(APPEND hyspn_exported_targets hyspn_omp)
  endif()
endif()

if(HYSPN_ENABLE_CUDA)
  # Our own tests by default run on every device from this architecture on: its code, and PTX for the later ones.
  if(PROJECT_IS_TOP_LEVEL AND NOT DEFINED CMAKE_CUDA_ARCHITECTURES AND NOT DEFINED ENV{CUDAARCHS})
    set(CMAKE_CUDA_ARCHITECTURES 80)
  endif()
  enable_language(CUDA)
  find_package(CUDAToolkit 12 REQUIRED)
  add_library(hyspn_cuda INTERFACE)
  add_library(hyspn::cuda ALIAS hyspn_cuda)
  set_target_properties(hyspn_cuda PROPERTIES EXPORT_NAME cuda)
  if("cuda_std_20" IN_LIST CMAKE_CUDA_COMPILE_FEATURES)
    target_compile_features(hyspn_cuda INTERFACE cuda_std_20)
  else()
    # CMake 3.24 and 3.25 do not know that nvcc has C++20.
    target_compile_options(hyspn_cuda INTERFACE "$<$<COMPILE_LANGUAGE:CUDA>:-std=c++20>")
  endif()
  target_link_libraries(hyspn_cuda INTERFACE hyspn CUDA::cudart CUDA::cublas)
  list(APPEND hyspn_exported_targets hyspn_cuda)
endif()

find_package(PNG)
find_package(nlohmann_json)
if(PNG_FOUND AND nlohmann_json_FOUND)
  add_library(hyspn_io INTERFACE)
  add_library(hyspn::io ALIAS hyspn_io)
  set_target_properties(hyspn_io PROPERTIES EXPORT_NAME io)
  target_link_libraries(hyspn_io INTERFACE hyspn PNG::PNG nlohmann_json::nlohmann_json)
  list(APPEND hyspn_exported_targets hyspn_io)
endif()
