// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

#include <optim/support.hpp>

#include <hyspn/core/leaf.hpp>

namespace hyspn::testing {

/// Leaves of every kind: numbers, a positive number, points of a ball, and an array with padded rows.
template <class T>
struct learned {
    tensor<T, 3> numbers;
    T scale;
    tensor<T, 2> points;
    tensor<T, 2> room;  ///< the last column is no part of the leaf

    template <class Self, class F>
        requires std::same_as<std::remove_const_t<Self>, learned>
    friend void for_each_leaf(Self& p, F&& f)
    {
        f("numbers", as_view(p.numbers));
        f("scale", positive_leaf(p.scale));
        f("points", manifold_leaf(p.points, poincare_ball<T>{T(0.5)}));
        auto const whole = as_view(p.room);
        using element = typename decltype(whole)::element_type;
        f("rows", view<element, 2>(whole.data_handle(), {{whole.extent(0), whole.extent(1) - 1}}, whole.strides()));
    }
};

template <class T>
learned<T> random_learned(std::uint64_t seed, double spread = 1)
{
    return {random_values<T, 3>({{3, 37, 41}}, spread, seed), static_cast<T>(0.7 + 0.01 * static_cast<double>(seed)),
            random_points<T>(29, 3, 0.5, 0.9, seed + 1).values, random_values<T, 2>({{7, 6}}, spread, seed + 2)};
}

template <class P>
auto numbers_of(P const& p)
{
    std::vector<double> all;
    for_each_leaf(p, [&](auto const&, auto leaf) {
        for_each_element(as_const(leaf), [&](auto x) { all.push_back(static_cast<double>(x)); });
    });
    return all;
}

inline bool same_bits(std::vector<double> const& a, std::vector<double> const& b)
{
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
}

}  // namespace hyspn::testing
