// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tuple>

#include <hyspn/backends/omp/manifold/streaming_kernel.hpp>
#include <hyspn/manifold/poincare/dist.hpp>

namespace hyspn::detail {

template <class V>
class streaming_kernel<poincare_dist, V> {
public:
    explicit streaming_kernel(curvature<V> const& k) : k_(k) {}
    void add(V x, V y)
    {
        square_.add(x - y);
        x_.add(x);
        y_.add(y);
    }
    bool finish() const { return square_.in_range(); }
    V result() const
    {
        V const p = x_.complement(k_.c()) * y_.complement(k_.c());
        return V(2) / k_.sqrt_c() * asinh(k_.sqrt_c() * sqrt(square_.value()) / sqrt(p));
    }
    auto sums() { return std::tie(square_, x_, y_); }
    auto coefficients() { return std::tie(); }

private:
    curvature<V> k_;
    square_sum<V> square_;
    precise_square_sum<V> x_, y_;
};

}  // namespace hyspn::detail
