// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include <cuda/on_device.hpp>
#include <manifold/models.hpp>
#include <manifold/operations.hpp>
#include <support/catch.hpp>

/// \file
/// Pointwise operations on the device against exec::seq: the same text, but other products are fused and the elementary
/// functions are not those of the host.

namespace hyspn::testing {

inline constexpr double device_parity_bar = 64;  // eps of the largest element

/// Extents of an array of numbers, one a point, or of points.
template <bool IsNumber, std::size_t Rank>
auto array_extents(dims<Rank> const& e)
{
    if constexpr (IsNumber)
        return hyspn::detail::without_point_axis(e);
    else
        return e;
}

template <class Op, class T, std::size_t Rank, std::size_t... K>
void check_device_parity(dims<Rank> const& e, std::index_sequence<K...>)
{
    INFO(Op::name << " on " << to_string(e));
    exec::cuda const gpu;
    auto const c = curvature_of<Op>(T(0.7));
    auto in = std::make_tuple(normal_values<T>(array_extents<Op::inputs[K].is_number()>(e), 0.15, 3 + K)...);
    (settle_all<Op>(Op::inputs[K], as_view(std::get<K>(in))), ...);
    auto const in_device = std::make_tuple(to_device(gpu, std::get<K>(in))...);
    auto grad = in;
    auto grad_device = std::make_tuple(to_device(gpu, std::get<K>(in))...);
    auto const g = normal_values<T>(array_extents<Op::scalar_output>(e), 1, 9);
    auto const g_device = to_device(gpu, g);
    auto out = g;
    auto out_device = to_device(gpu, out);

    Op::forward(exec::seq{}, c, std::get<K>(in)..., out);
    Op::forward(gpu, c, std::get<K>(in_device)..., out_device);
    T const c_bar = Op::vjp(exec::seq{}, c, std::get<K>(in)..., g, std::get<K>(grad)...);
    T const c_bar_device = Op::vjp(gpu, c, std::get<K>(in_device)..., g_device, std::get<K>(grad_device)...);

    CHECK(error_in_eps(to_host(gpu, out_device), out) <= device_parity_bar);
    auto const compare = [&](auto const& got, auto const& wanted) {
        CHECK(error_in_eps(to_host(gpu, got), wanted) <= device_parity_bar);
    };
    (compare(std::get<K>(grad_device), std::get<K>(grad)), ...);
    // Of the sum over places, whose terms may be far from 1.
    double const size = std::max<double>(static_cast<double>(out.size()), std::fabs(static_cast<double>(c_bar)));
    CHECK(std::fabs(static_cast<double>(c_bar_device - c_bar)) <=
          device_parity_bar * std::max(size, 1.0) * static_cast<double>(std::numeric_limits<T>::epsilon()));
}

template <class Op, class T>
void check_device_layouts()
{
    auto const check = [](auto const& e) {
        check_device_parity<Op, T>(e, std::make_index_sequence<Op::input_count>{});
    };
    for (auto const& e : {dims<2>{{0, 3}}, {{1, 1}}, {{5000, 7}}, {{333, 19}}}) check(e);
    check(dims<3>{{4, 7, 33}});
    check(dims<4>{{2, 3, 45, 60}});
}

}  // namespace hyspn::testing
