// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <stdexcept>
#include <string>

/// \file
/// What the library throws. Every message reads "function: argument must be WANTED, got GOT".

namespace hyspn {

/// Base of all exceptions thrown by hyspn.
struct error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// An array has the wrong extents or layout.
struct shape_error : error {
    using error::error;
};

/// A scalar argument or option lies outside its domain (curvature, kernel size, tolerance, ...).
struct value_error : error {
    using error::error;
};

/// A file is missing, truncated, malformed or of another kind than asked for.
struct io_error : error {
    using error::error;
};

/// A CUDA call failed; the message holds the call's text and the runtime's explanation.
struct cuda_error : error {
    using error::error;
};

namespace detail {

/// Composes "function: argument must be wanted, got got" and throws it as Error. Out of the hot path on purpose.
template <class Error>
[[noreturn]] void raise(char const* function, char const* argument, std::string const& wanted, std::string const& got)
{
    throw Error(std::string(function) + ": " + argument + " must be " + wanted + ", got " + got);
}

/// A number as messages show it: whole ones without a point, others with nine digits.
inline std::string to_text(double value)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.9g", value);
    return text;
}

inline void require_value(bool ok, char const* function, char const* argument, std::string const& wanted, double got)
{
    if (!ok) raise<value_error>(function, argument, wanted, to_text(got));
}

}  // namespace detail
}  // namespace hyspn
