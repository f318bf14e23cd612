// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include <hyspn/core/config.hpp>

/// \file
/// What kernels that work on rows of images ask first.

namespace hyspn::detail {

/// Whether the last index of all of them is dense.
template <class... V>
bool all_rows_contiguous(V const&... v)
{
    return (v.rows_contiguous() && ...);
}

/// The columns x of a row for which x + dx is one too.
struct shifted_columns {
    index_t begin, end;

    shifted_columns(index_t dx, index_t width)
        : begin(std::clamp<index_t>(-dx, 0, width)), end(std::clamp<index_t>(width - dx, begin, width))
    {
    }
};

}  // namespace hyspn::detail
