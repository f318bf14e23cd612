# SPDX-FileCopyrightText: 2026 The hyspn authors
# SPDX-License-Identifier: Apache-2.0
include(CMakePackageConfigHelpers)

# Each target in a file of its own, so that a user needs only what stands behind the targets of that user.
foreach(target IN LISTS hyspn_exported_targets)
  install(TARGETS ${target} EXPORT ${target}Targets FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  install(EXPORT ${target}Targets NAMESPACE hyspn:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/hyspn)
endforeach()
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/hyspnConfig.cmake.in"
  "${CMAKE_CURRENT_BINARY_DIR}/hyspnConfig.cmake" INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/hyspn
)
write_basic_package_version_file("${CMAKE_CURRENT_BINARY_DIR}/hyspnConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT
)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/hyspnConfig.cmake" "${CMAKE_CURRENT_BINARY_DIR}/hyspnConfigVersion.cmake"
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/hyspn
)
