// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/core/tensor.hpp>

/// \file
/// What every layer needs for its parameters and saved arrays.

namespace hyspn::detail {

/// Makes `t` an array of extents `e`; keeps its memory when it is one already.
template <class T, std::size_t Rank, class M>
void fit(tensor<T, Rank, M>& t, dims<Rank> const& e)
{
    if (t.extents() != e) t = tensor<T, Rank, M>(e);
}

template <class T>
void require_positive(char const* function, char const* argument, T value)
{
    auto const v = static_cast<double>(value);
    require_value(v > 0 && std::isfinite(v), function, argument, "positive and finite", v);
}

}  // namespace hyspn::detail
