// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include <hyspn/core/random.hpp>
#include <hyspn/exec/dispatch.hpp>

namespace hyspn::testing {

/// Normal numbers of the given spread.
template <class T, std::size_t Rank>
tensor<T, Rank> normal_values(dims<Rank> const& e, double spread, std::uint64_t seed)
{
    tensor<T, Rank> t(e);
    random_stream stream(seed);
    for (T& x : t) x = static_cast<T>(spread * stream.normal());
    return t;
}

/// max |a - b| / max |b| in units of round-off; infinity when a is not finite. Results below round-off, beside operands
/// of size 1, count as of its size: what cancels is 0 on one side and not on the other.
template <class T, std::size_t Rank>
double error_in_eps(tensor<T, Rank> const& a, tensor<T, Rank> const& b)
{
    if (!(a.extents() == b.extents())) return std::numeric_limits<double>::infinity();
    double error = 0, size = static_cast<double>(std::numeric_limits<T>::epsilon());
    for (index_t i = 0; i < b.size(); ++i) {
        double const e = std::fabs(static_cast<double>(a.data()[i]) - static_cast<double>(b.data()[i]));
        if (!(e >= 0)) return std::numeric_limits<double>::infinity();
        error = std::max(error, e);
        size = std::max(size, std::fabs(static_cast<double>(b.data()[i])));
    }
    return error / size / static_cast<double>(std::numeric_limits<T>::epsilon());
}

}  // namespace hyspn::testing
