// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include <hyspn/nn/maps.hpp>
#include <hyspn/pipeline/stage.hpp>

/// \file
/// What the stages of networks that mix windows of 3, 5 and 7 pixels share.

namespace hyspn::detail {

inline constexpr index_t mixture_gates_count = 8 + 24 + 48;

/// Each window's of 80 channels.
template <class T, class M>
std::array<view<T, 4, M>, 3> window_gates(view<T, 4, M> const& all)
{
    return {nn::channel_range(all, 0, 8), nn::channel_range(all, 8, 24), nn::channel_range(all, 32, 48)};
}

/// to = s where the mask is positive, else 0.
template <class T, class M>
struct where_measured_op {
    view<T const, 4, M> measured;
    view<T const, 4, M> mask;  ///< [N, 1, H, W]
    view<T, 4, M> to;

    dims<4> shape() const { return to.extents(); }
    HYSPN_HD void operator()(index_t n, index_t l, index_t i, index_t j) const
    {
        to(n, l, i, j) = mask(n, 0, i, j) > T(0) ? measured(n, l, i, j) : T(0);
    }
};

template <execution_policy P, class T, class M>
void fit_zero(P const& exec, tensor<T, 4, M>& array, dims<4> const& e)
{
    fit(array, e);
    dispatch(exec, fill_op<T, 4, M>{T(0), as_view(array)});
}

/// The gradient of an array that the network does not read.
template <execution_policy P, class T, class M>
void unread(P const& exec, view<T, 4, M> const& d)
{
    if (propagation::present(d)) dispatch(exec, fill_op<T, 4, M>{T(0), d});
}

}  // namespace hyspn::detail
