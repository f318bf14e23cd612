# SPDX-FileCopyrightText: 2026 The hyspn authors
# SPDX-License-Identifier: Apache-2.0

# The program on the README's first page is the region [readme] of examples/fill_depth.cpp, word for word, and the output
# below it is what the program prints. Variables: SOURCE, the project's root; PROGRAM, the built example.
file(READ "${SOURCE}/examples/fill_depth.cpp" example)
file(READ "${SOURCE}/README.md" readme)
string(REGEX MATCH "// \\[readme\\]\n(.*)// \\[readme\\]" region "${example}")
string(STRIP "${CMAKE_MATCH_1}" region)
string(FIND "${readme}" "```cpp\n${region}\n```" place)
if(region STREQUAL "" OR place EQUAL -1)
  message(FATAL_ERROR "README.md does not show the region [readme] of examples/fill_depth.cpp")
endif()
execute_process(COMMAND "${PROGRAM}" OUTPUT_VARIABLE printed COMMAND_ERROR_IS_FATAL ANY)
string(FIND "${readme}" "```\n${printed}```" place)
if(printed STREQUAL "" OR place EQUAL -1)
  message(FATAL_ERROR "README.md does not show what fill_depth prints:\n${printed}")
endif()
