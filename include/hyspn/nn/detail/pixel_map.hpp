// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>

#include <hyspn/exec/dispatch.hpp>

/// \file
/// Functions of single pixels of maps [N, C, H, W] that may differ from channel to channel: activations, the second
/// half of normalisations, sums of maps.

namespace hyspn::detail {

/// y(n, c, i, j) = f.at(n, c)(x_1(n, c, i, j), …, x_k(n, c, i, j)); y may be one of the inputs. What f.at returns takes
/// numbers T and vectors of them (core/simd.hpp).
template <class F, std::size_t Inputs, class T, class M>
struct pixel_map_op {
    F f;
    view<T const, 4, M> x[Inputs];
    view<T, 4, M> y;

    dims<4> shape() const { return y.extents(); }
    HYSPN_HD void operator()(index_t n, index_t c, index_t i, index_t j) const
    {
        y(n, c, i, j) = at(std::make_index_sequence<Inputs>{}, n, c, i, j);
    }

private:
    template <std::size_t... K>
    HYSPN_HD T at(std::index_sequence<K...>, index_t n, index_t c, index_t i, index_t j) const
    {
        return f.at(n, c)(x[K](n, c, i, j)...);
    }
};

/// x + y.
struct map_sum {
    HYSPN_HD map_sum at(index_t, index_t) const { return *this; }
    template <class V>
    HYSPN_HD V operator()(V a, V b) const
    {
        return a + b;
    }
};

/// max(x + y, 0).
struct map_rectified_sum {
    HYSPN_HD map_rectified_sum at(index_t, index_t) const { return *this; }
    template <class V>
    HYSPN_HD V operator()(V a, V b) const
    {
        V const sum = a + b;
        return select(sum <= V(0), V(0), sum);
    }
};

/// Cotangent of both terms of max(x + y, 0): g where the sum is positive, else 0.
struct map_rectified_sum_vjp {
    HYSPN_HD map_rectified_sum_vjp at(index_t, index_t) const { return *this; }
    template <class V>
    HYSPN_HD V operator()(V a, V b, V g) const
    {
        return select(a + b > V(0), g, V(0));
    }
};

}  // namespace hyspn::detail

#if HYSPN_HAS_OPENMP
#include <hyspn/backends/omp/nn/pixel_map.hpp>
#endif
