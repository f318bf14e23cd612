// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tuple>

#include <hyspn/backends/omp/manifold/streaming_kernel.hpp>
#include <hyspn/manifold/poincare/mobius_add.hpp>

namespace hyspn::detail {

template <class V>
class streaming_kernel<poincare_mobius_add, V> {
public:
    explicit streaming_kernel(curvature<V> const& k) : c_(k.c()) {}
    void add(V x, V y)
    {
        square_.add(x + y);
        x_.add(x);
        y_.add(y);
    }
    bool finish()
    {
        V const a = x_.complement(c_), n = c_ * square_.value(), d = a * y_.complement(c_) + n;
        on_sum_ = a / d;
        on_x_ = n / d;
        return true;
    }
    V result(V x, V y) const { return fma(on_sum_, x + y, on_x_ * x); }
    auto sums() { return std::tie(square_, x_, y_); }
    auto coefficients() { return std::tie(on_sum_, on_x_); }

private:
    V c_;
    square_sum<V> square_;
    precise_square_sum<V> x_, y_;
    V on_sum_, on_x_;
};

}  // namespace hyspn::detail
