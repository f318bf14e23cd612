// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include <hyspn/affinity/euclidean.hpp>
#include <hyspn/affinity/geodesic.hpp>
#include <hyspn/affinity/hyperbolic.hpp>
#include <hyspn/affinity/inspect.hpp>
#include <hyspn/affinity/naive.hpp>
#include <hyspn/core/random.hpp>
#include <hyspn/testing/dual.hpp>

#include "support/catch.hpp"

namespace hyspn::testing {

/// Tolerances of this folder, in unit round-offs of the type.
struct affinity_tolerances {
    static constexpr double golden = 256;        ///< outputs and gradients, norm-wise
    static constexpr double golden_c = 4096;     ///< the curvature's gradient: one number, a sum that cancels
    static constexpr double undecidable = 64;    ///< relative gap of distances below which float cannot order them
    static constexpr double law = 256;           ///< exact laws, relative to the summed magnitudes
    static constexpr double textbook = 1 << 17;  ///< plain ball formulas, which lose digits themselves
    static constexpr double adjoint = 1e-11;     ///< dual numbers in double, relative to the summed magnitudes
    static constexpr double differences = 1e-7;  ///< central differences in double, likewise
};

template <class T>
inline constexpr double unit_roundoff = static_cast<double>(math_traits<T>::unit_roundoff);

/// ‖got − want‖/‖want‖ in unit round-offs of T; the smallest normal number stands for a vanishing ‖want‖.
template <class T, std::size_t Rank>
double normwise_error(tensor<T, Rank> const& got, tensor<double, Rank> const& want)
{
    double difference = 0, size = 0;
    for (index_t i = 0; i < want.size(); ++i) {
        double const d = static_cast<double>(got.data()[i]) - want.data()[i];
        difference = std::hypot(difference, d);
        size = std::hypot(size, want.data()[i]);
    }
    return difference / std::max(size, static_cast<double>(std::numeric_limits<T>::min())) / unit_roundoff<T>;
}

template <class T>
double relative_error(T got, double want)
{
    double const size = std::max(std::fabs(want), static_cast<double>(std::numeric_limits<T>::min()));
    return std::fabs(static_cast<double>(got) - want) / size / unit_roundoff<T>;
}

/// Normal numbers of the given spread, exactly representable in float.
class noise {
public:
    explicit noise(std::uint64_t seed) : stream_(seed) {}

    double operator()(double spread) { return static_cast<double>(static_cast<float>(spread * stream_.normal())); }

    template <class T, std::size_t Rank>
    void fill(tensor<T, Rank>& t, double spread)
    {
        for (T& x : t) x = T((*this)(spread));
    }

private:
    random_stream stream_;
};

template <class T, std::size_t Rank>
tensor<T, Rank> random_tensor(dims<Rank> const& e, double spread, std::uint64_t seed)
{
    tensor<T, Rank> t(e);
    noise(seed).fill(t, spread);
    return t;
}

/// Parameters with every array random and c = 0.75, tau = 1.25.
template <class T, class Affinity>
auto random_params(Affinity const& affinity, index_t channels, std::uint64_t seed)
{
    auto p = affinity.template make_params<T>(channels);
    noise values(seed);
    for_each_leaf(p, [&](std::string const& name, auto leaf) {
        for_each_element(leaf, [&](T& x) { x = T(name == "c" ? 0.75 : name == "tau" ? 1.25 : values(0.3)); });
    });
    return p;
}

template <class T>
bool all_finite(T const& x)
{
    using std::isfinite;
    return isfinite(x);
}
template <class T, std::size_t Rank>
bool all_finite(tensor<T, Rank> const& t)
{
    for (T const& x : t)
        if (!all_finite(x)) return false;
    return true;
}

}  // namespace hyspn::testing
