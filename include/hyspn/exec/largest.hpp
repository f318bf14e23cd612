// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/core/config.hpp>

namespace hyspn::exec {

/// The greatest of non-negative numbers, as a sum: what f returns to reduce(exec, n, f) for a maximum. Of none it is 0,
/// and NaN counts for nothing.
template <class T>
struct largest {
    T value;

    HYSPN_HD largest& operator+=(largest const& other)
    {
        if (other.value > value) value = other.value;
        return *this;
    }
};

}  // namespace hyspn::exec
