// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <hyspn/testing/gradient_check.hpp>

#include "affinity/support.hpp"

/// \file
/// An affinity as a function of one flat array, features first, then its parameters: what the gradient checks take.

namespace hyspn::testing {

template <class Affinity>
struct packed {
    Affinity affinity;
    dims<4> shape;  ///< of the features

    template <class T>
    struct arguments {
        tensor<T, 4> x;
        typename Affinity::template params<T> p;
    };

    template <class T>
    arguments<T> unpack(std::vector<T> const& flat) const
    {
        arguments<T> a{tensor<T, 4>(shape), affinity.template make_params<T>(shape[1])};
        auto next = flat.begin();
        for (T& v : a.x) v = *next++;
        for_each_leaf(a.p, [&](char const*, auto leaf) { for_each_element(leaf, [&](T& v) { v = *next++; }); });
        return a;
    }

    template <class T, class Params>
    static std::vector<T> pack(tensor<T, 4> const& x, Params const& p)
    {
        std::vector<T> flat(x.begin(), x.end());
        for_each_leaf(p, [&](char const*, auto leaf) { for_each_element(leaf, [&](T v) { flat.push_back(v); }); });
        return flat;
    }

    /// Random features and parameters.
    std::vector<double> point(double spread, std::uint64_t seed) const
    {
        return pack(random_tensor<double>(shape, spread, seed), random_params<double>(affinity, shape[1], seed + 1));
    }

    template <class T>
    std::vector<T> forward(std::vector<T> const& flat) const
    {
        auto const a = unpack(flat);
        auto const y = affinity.forward(exec::seq{}, a.p, a.x);
        return {y.begin(), y.end()};
    }

    template <class T>
    std::vector<T> backward(std::vector<T> const& flat, std::vector<T> const& cotangent) const
    {
        auto const a = unpack(flat);
        auto y = affinity.forward(exec::seq{}, a.p, a.x);
        typename Affinity::template saved<T> saved;
        affinity.forward(exec::seq{}, a.p, a.x, y, saved);
        auto dp = affinity.zero_gradients(a.p);
        tensor<T, 4> dy(y.extents()), dx(shape);
        std::copy(cotangent.begin(), cotangent.end(), dy.begin());
        affinity.backward(exec::seq{}, a.p, a.x, saved, dy, dx, dp);
        return pack(dx, dp);
    }

    /// The two callables of gradient_check.hpp.
    auto forward_function() const
    {
        return [self = *this](auto const& flat) { return self.forward(flat); };
    }
    auto backward_function() const
    {
        return [self = *this](std::vector<double> const& flat, std::vector<double> const& dy) {
            return self.backward(flat, dy);
        };
    }
};

inline constexpr affinity::weighting all_weightings[] = {affinity::weighting::softmax, affinity::weighting::linear,
                                                         affinity::weighting::inverse, affinity::weighting::uniform};

/// Calls check(affinity) for all four types with every weighting and with and without beta-priority, for one
/// neighbourhood.
template <class Check>
void for_each_affinity(index_t kernel, index_t dilation, index_t outputs, Check const& check)
{
    for (auto weight : all_weightings) {
        for (bool priority : {true, false})
            check(affinity::hyperbolic{.kernel = kernel,
                                       .dilation = dilation,
                                       .outputs = outputs,
                                       .beta_priority = priority,
                                       .weight = weight});
        if (kernel > 1) check(affinity::geodesic{.kernel = kernel, .dilation = dilation, .weight = weight});
    }
    check(affinity::naive{.kernel = kernel, .dilation = dilation, .outputs = outputs});
    check(affinity::euclidean{.kernel = kernel, .dilation = dilation, .outputs = outputs});
}

}  // namespace hyspn::testing
