// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <type_traits>

#include <optim/learned.hpp>

namespace hyspn::testing {

/// Parameters with a buffer that no optimiser touches.
template <class T>
struct network {
    learned<T> layer;
    tensor<T, 1> running_mean;

    template <class Self, class F>
        requires std::same_as<std::remove_const_t<Self>, network>
    friend void for_each_leaf(Self& p, F&& f) { for_each_leaf(p.layer, f); }
    template <class Self, class F>
        requires std::same_as<std::remove_const_t<Self>, network>
    friend void for_each_buffer(Self& p, F&& f) { f("running_mean", as_view(p.running_mean)); }
};

template <class T>
network<T> random_network(std::uint64_t seed)
{
    return {random_learned<T>(seed), random_values<T, 1>({{5}}, 1, seed + 3)};
}

/// Every number, those of the buffer last.
template <class T>
std::vector<double> all_numbers(network<T> const& p)
{
    auto all = numbers_of(p);
    for (T const x : p.running_mean) all.push_back(static_cast<double>(x));
    return all;
}

}  // namespace hyspn::testing
