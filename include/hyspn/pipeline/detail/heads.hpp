// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <string>

#include <hyspn/core/random.hpp>
#include <hyspn/core/tensor.hpp>

/// \file
/// Between the guidance and what follows it: channels, the confidence's sigmoid, first parameters.

namespace hyspn::detail {

/// to = 1/(1 + exp(−(x + bias))).
template <class T, class M>
struct biased_sigmoid_op {
    T bias;
    view<T const, 4, M> x;
    view<T, 4, M> to;

    dims<4> shape() const { return to.extents(); }
    HYSPN_HD void operator()(index_t n, index_t c, index_t i, index_t j) const
    {
        using std::exp;
        to(n, c, i, j) = 1 / (1 + exp(-(x(n, c, i, j) + bias)));
    }
};

/// Its adjoint in place: d *= y (1 − y).
template <class T, class M>
struct sigmoid_adjoint_op {
    view<T const, 4, M> y;
    view<T, 4, M> d;

    dims<4> shape() const { return d.extents(); }
    HYSPN_HD void operator()(index_t n, index_t c, index_t i, index_t j) const
    {
        d(n, c, i, j) *= y(n, c, i, j) * (1 - y(n, c, i, j));
    }
};

/// A share in (0, 1) that is learned as log(x/(1 − x)), which ranges over all numbers.
inline double share_of_logit(double logit)
{
    return 1 / (1 + std::exp(-logit));
}
inline double logit_of_share(char const* function, char const* argument, double share)
{
    require_value(share > 0 && share < 1, function, argument, "between 0 and 1", share);
    return std::log(share) - std::log1p(-share);
}

/// The leaf of one number: a host array of extent 1.
template <class T>
view<T, 1> scalar_leaf(T& x)
{
    return {&x, dims<1>{1}};
}

/// Gives arrays of weights [O, …] independent normal numbers of variance 1/fan-in; leaves the others (biases, positive
/// scalars) as they are.
template <class T>
struct random_weights {
    random_stream& random;

    template <class Leaf>
    void operator()(std::string const&, Leaf leaf) const
    {
        constexpr std::size_t rank = rank_of<Leaf>;
        if constexpr (rank >= 2) {
            if (leaf.size() == 0) return;
            double const scale = 1 / std::sqrt(static_cast<double>(leaf.size() / leaf.extent(0)));
            for_each_element(as_view(leaf), [&](T& w) { w = static_cast<T>(scale * random.normal()); });
        }
    }
};

struct zero_leaf {
    template <class Leaf>
    void operator()(std::string const&, Leaf leaf) const
    {
        for_each_element(as_view(leaf), [](auto& x) { x = 0; });
    }
};

}  // namespace hyspn::detail
