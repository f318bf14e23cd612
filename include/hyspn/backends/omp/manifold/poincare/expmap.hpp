// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tuple>

#include <hyspn/backends/omp/manifold/streaming_kernel.hpp>
#include <hyspn/manifold/poincare/expmap.hpp>

namespace hyspn::detail {

template <class V>
class streaming_kernel<poincare_expmap, V> {
public:
    explicit streaming_kernel(curvature<V> const& k) : k_(k) {}
    void add(V x, V v)
    {
        x_.add(x);
        length_.add(v);
    }
    bool finish()
    {
        a_ = x_.complement(k_.c());
        V const theta = k_.sqrt_c() * sqrt(length_.value()) / a_;
        factor_ = tanhc(theta) / a_;
        complement_ = sech2(theta);
        return V::all(length_.value() <= V(math_traits<V>::largest_square));
    }
    void add_again(V x, V v) { square_.add(fma(factor_, v, x)); }
    void finish_again()
    {
        V const n = k_.c() * square_.value(), d = a_ * complement_ + n;
        on_sum_ = a_ / d;
        on_x_ = n / d;
    }
    V result(V x, V v) const { return fma(on_sum_, fma(factor_, v, x), on_x_ * x); }
    auto sums() { return std::tie(x_, length_); }
    auto sums_again() { return std::tie(square_); }
    auto coefficients() { return std::tie(factor_, on_sum_, on_x_); }

private:
    curvature<V> k_;
    precise_square_sum<V> x_;
    square_sum<V> length_, square_;              ///< ‖v‖², ‖x + factor·v‖²
    V a_, factor_, complement_, on_sum_, on_x_;  ///< A, f, sech²θ, A/D, n/D
};

}  // namespace hyspn::detail
