# SPDX-FileCopyrightText: 2026 The hyspn authors
# SPDX-License-Identifier: Apache-2.0

# cmake -D compiler=... -D include_dir=... -D program=... -P check.cmake
file(STRINGS "${program}" expected REGEX "^// error: ")
if(NOT expected)
  message(FATAL_ERROR "${program} has no line '// error: ...'")
endif()
string(REGEX REPLACE "^// error: " "" expected "${expected}")

set(compile "${compiler}" -std=c++20 -fsyntax-only "-I${include_dir}")
execute_process(COMMAND ${compile} "${program}" RESULT_VARIABLE failed ERROR_VARIABLE messages)
if(failed)
  message(FATAL_ERROR "the right program does not compile:\n${messages}")
endif()

execute_process(COMMAND ${compile} -DWRONG "${program}" RESULT_VARIABLE failed ERROR_VARIABLE messages)
if(NOT failed)
  message(FATAL_ERROR "the wrong program compiles")
endif()
if(NOT messages MATCHES "${expected}")
  message(FATAL_ERROR "the message does not match '${expected}':\n${messages}")
endif()
