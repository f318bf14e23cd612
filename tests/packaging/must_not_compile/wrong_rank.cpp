// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// error: no matching function for call to .*depth.*view_of_rank
#include <hyspn/core/tensor.hpp>
#include <hyspn/metrics/depth.hpp>

#ifdef WRONG
inline constexpr int rank = 3;
#else
inline constexpr int rank = 2;
#endif

double f(hyspn::tensor<float, rank> const& map)
{
    return hyspn::metrics::depth(hyspn::exec::seq{}, map, map).rmse;
}
