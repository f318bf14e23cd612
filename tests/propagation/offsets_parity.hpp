// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "propagation/offsets_support.hpp"
#include "support/catch.hpp"

namespace hyspn::testing {

template <class T>
inline constexpr double parity_tolerance = std::is_same_v<T, double> ? 1e-12 : 1e-4;

template <class T>
void check_close(sampled_run<T> const& a, sampled_run<T> const& b)
{
    double const tolerance = parity_tolerance<T>;
    CHECK(relative_error(a.out, b.out) <= tolerance);
    CHECK(relative_error(a.kept.weights, b.kept.weights) <= tolerance);
    CHECK(relative_error(a.kept.iterates, b.kept.iterates) <= tolerance);
    a.d.with(b.d, [&](auto const& x, auto const& y) {
        if constexpr (std::decay_t<decltype(x)>::rank() == 4) CHECK(relative_error(x, y) <= tolerance);
    });
    // Where the clamp does not hold, weights do not depend on γ: its gradient is a sum of many parts that cancel.
    double parts = 0;
    for (T x : b.d.gates) parts += std::abs(static_cast<double>(x));
    if (b.d.gamma.size() > 0) CHECK(std::abs(static_cast<double>(a.d.gamma(0) - b.d.gamma(0))) <= tolerance * parts);
}

template <class T>
void check_same_bits(sampled_run<T> const& a, sampled_run<T> const& b)
{
    CHECK(same_bits(a.out, b.out));
    CHECK(same_bits(a.kept.weights, b.kept.weights));
    CHECK(same_bits(a.kept.iterates, b.kept.iterates));
    a.d.with(b.d, [&](auto const& x, auto const& y) { CHECK(same_bits(x, y)); });
}

template <class T>
void compare_policies(propagation::sampled const& net, dims<4> const& e, std::uint64_t seed, double spread = 2.5)
{
    INFO(describe(net) << " on " << to_string(e));
    auto const at = cast_arrays<T>(random_arrays(net, e, seed, spread, seed % 3 == 0, true));
    auto const dout = cast<T>(random_arrays(net, e, seed + 1).initial);
    sampled_run<T> const reference(exec::seq{}, net, at, dout);
    sampled_run<T> const one(exec::omp{.threads = 1}, net, at, dout);
    check_close(one, reference);
    for (int threads : {2, 3}) {
        check_same_bits(sampled_run<T>(exec::omp{.threads = threads}, net, at, dout), one);
        CHECK(same_bits(net.forward(exec::omp{.threads = threads}, at.inputs()), one.out));
    }
}

/// Rows that lie further apart than they are long, or whose elements do.
template <class T>
struct spread_array {
    tensor<T, 4> storage;
    index_t step;

    spread_array(dims<4> const& e, index_t gap) : storage(e[0], e[1], e[2], gap * e[3] + 3), step(gap) {}
    spread_array(tensor<T, 4> const& values, index_t gap) : spread_array(values.extents(), gap)
    {
        view<T, 4> const to = *this;
        if (values.size() > 0) copy(as_view(values), to);
    }

    operator view<T, 4>()
    {
        auto const e = storage.extents();
        auto strides = row_major_strides(e);
        strides[3] = step;
        return {storage.data(), {e[0], e[1], e[2], (e[3] - 3) / step}, strides};
    }
};

}  // namespace hyspn::testing
