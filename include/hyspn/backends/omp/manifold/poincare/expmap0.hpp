// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tuple>

#include <hyspn/backends/omp/manifold/streaming_kernel.hpp>
#include <hyspn/manifold/poincare/expmap0.hpp>

namespace hyspn::detail {

template <class V>
class streaming_kernel<poincare_expmap0, V> {
public:
    explicit streaming_kernel(curvature<V> const& k) : k_(k) {}
    void add(V v) { square_.add(v); }
    bool finish()
    {
        // Squares that underflow belong to vectors whose factor is 1 anyway.
        factor_ = tanhc(k_.sqrt_c() * sqrt(square_.value()));
        return V::all(square_.value() <= V(math_traits<V>::largest_square));
    }
    V result(V v) const { return factor_ * v; }
    auto sums() { return std::tie(square_); }
    auto coefficients() { return std::tie(factor_); }

private:
    curvature<V> k_;
    square_sum<V> square_;
    V factor_;
};

}  // namespace hyspn::detail
