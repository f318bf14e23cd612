// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tuple>

#include <hyspn/backends/omp/manifold/streaming_kernel.hpp>
#include <hyspn/manifold/poincare/logmap.hpp>

namespace hyspn::detail {

template <class V>
class streaming_kernel<poincare_logmap, V> {
public:
    explicit streaming_kernel(curvature<V> const& k) : k_(k) {}
    void add(V x, V y)
    {
        square_.add(y - x);
        x_.add(x);
        y_.add(y);
    }
    bool finish()
    {
        V const a = x_.complement(k_.c()), p = a * y_.complement(k_.c()), length = sqrt(square_.value());
        V const root_z = k_.sqrt_c() * length / sqrt(p), root = sqrt(V(T(1)) + root_z * root_z);
        V const kappa = a * asinhc(root_z) / (p * root);
        on_difference_ = kappa * a;
        on_x_ = -kappa * k_.c() * square_.value();
        return V::all(square_.value() <= V(math_traits<V>::largest_square));
    }
    V result(V x, V y) const { return fma(on_difference_, y - x, on_x_ * x); }
    auto sums() { return std::tie(square_, x_, y_); }
    auto coefficients() { return std::tie(on_difference_, on_x_); }

private:
    using T = typename V::value_type;
    curvature<V> k_;
    square_sum<V> square_;
    precise_square_sum<V> x_, y_;
    V on_difference_, on_x_;
};

}  // namespace hyspn::detail
