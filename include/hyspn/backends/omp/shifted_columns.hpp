// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include <hyspn/core/config.hpp>

namespace hyspn::detail {

/// The columns x of a row for which x + dx is one too.
struct shifted_columns {
    index_t begin, end;

    shifted_columns(index_t dx, index_t width)
        : begin(std::clamp<index_t>(-dx, 0, width)), end(std::clamp<index_t>(width - dx, begin, width))
    {
    }
};

}  // namespace hyspn::detail
