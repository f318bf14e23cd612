// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>

namespace examples {

/// What the user did wrong, in one line.
struct usage_error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace examples
