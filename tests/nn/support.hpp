// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <hyspn/core/random.hpp>
#include <hyspn/core/tensor.hpp>
#include <hyspn/exec/dispatch.hpp>
#include <hyspn/testing/gradient_check.hpp>

#include "support/catch.hpp"

/// \file
/// Layers as functions of flat arrays, random parameters, and a type to measure double against.

namespace hyspn {

/// Layers run in long double too, to measure what rounding does in double.
template <>
struct math_traits<long double> {
    static constexpr long double unit_roundoff = 0x1p-64L;
    static constexpr long double series_limit = 2;
    static constexpr int langevin_levels = 18;
    static constexpr int sinh_terms = 15;
    static constexpr long double smallest_square = 0x1p-16000L, largest_square = 0x1p+16000L;
    static constexpr long double rescaling = 0x1p+15000L;
    static constexpr long double smallest = 0x1p-16382L;
    static constexpr long double largest = 0x1p+16383L;
    static constexpr long double greatest_exponent = 11000;
    static constexpr int asinh_levels = 46;
};

}  // namespace hyspn

namespace hyspn::testing {

/// Tolerances of this folder.
struct nn_tolerances {
    static constexpr double value = 16;          ///< unit round-offs, norm-wise
    static constexpr double gradient = 128;      ///< the same, for gradients
    static constexpr double law = 64;            ///< exact laws, in unit round-offs
    static constexpr double adjoint = 1e-11;     ///< dual numbers in double, relative to the summed magnitudes
    static constexpr double differences = 1e-7;  ///< central differences in double, likewise
};

template <class T>
inline constexpr double unit_roundoff = static_cast<double>(math_traits<T>::unit_roundoff);

/// ‖got − want‖/‖want‖ in unit round-offs of T; the smallest normal number stands for a vanishing ‖want‖.
template <class T, class U>
double error_in_eps(std::vector<T> const& got, std::vector<U> const& want)
{
    REQUIRE(got.size() == want.size());
    long double difference = 0, size = 0;
    for (std::size_t i = 0; i < want.size(); ++i) {
        difference = std::hypot(difference, static_cast<long double>(got[i]) - static_cast<long double>(want[i]));
        size = std::hypot(size, static_cast<long double>(want[i]));
    }
    long double const least = std::numeric_limits<T>::min();
    double const e = static_cast<double>(difference / std::max(size, least)) / unit_roundoff<T>;
    return std::isnan(e) ? std::numeric_limits<double>::infinity() : e;
}

/// All numbers of an array, whatever its layout.
template <class T, std::size_t Rank>
std::vector<T> numbers_in(view<T const, Rank> x)
{
    std::vector<T> flat;
    for_each_element(x, [&](T v) { flat.push_back(v); });
    return flat;
}
template <class T, std::size_t Rank>
std::vector<T> numbers_in(tensor<T, Rank> const& x)
{
    return {x.begin(), x.end()};
}

template <class T>
std::vector<T> to(std::vector<double> const& x)
{
    std::vector<T> out;
    for (double v : x) out.push_back(static_cast<T>(v));
    return out;
}

template <class T>
bool all_finite(std::vector<T> const& x)
{
    return std::all_of(x.begin(), x.end(), [](T v) { return std::isfinite(v); });
}

/// Normal numbers of the given spread, exactly representable in float.
class noise {
public:
    explicit noise(std::uint64_t seed) : stream_(seed) {}
    double operator()(double spread) { return static_cast<double>(static_cast<float>(spread * stream_.normal())); }

private:
    random_stream stream_;
};

template <class T, std::size_t Rank>
tensor<T, Rank> random_tensor(dims<Rank> const& e, double spread, std::uint64_t seed)
{
    noise next(seed);
    tensor<T, Rank> t(e);
    for (T& x : t) x = T(next(spread));
    return t;
}

/// A layer as a function of one flat array: features of the given shape, then its parameters.
template <class Layer, std::size_t Rank>
struct packed_layer {
    Layer layer;
    dims<Rank> shape;

    index_t channels() const { return shape[Rank == 3 ? 0 : 1]; }

    template <class T>
    struct arguments {
        tensor<T, Rank> x;
        typename Layer::template params<T> p;
    };

    template <class T>
    arguments<T> unpack(std::vector<T> const& flat) const
    {
        arguments<T> a{tensor<T, Rank>(shape), layer.template make_params<T>(channels())};
        auto next = flat.begin();
        for (T& v : a.x) v = *next++;
        for_each_leaf(a.p, [&](char const*, auto leaf) { for_each_element(leaf, [&](T& v) { v = *next++; }); });
        REQUIRE(next == flat.end());
        return a;
    }

    template <class T, class Params>
    static std::vector<T> pack(tensor<T, Rank> const& x, Params const& p)
    {
        std::vector<T> flat(x.begin(), x.end());
        for_each_leaf(p, [&](char const*, auto leaf) { for_each_element(leaf, [&](T v) { flat.push_back(v); }); });
        return flat;
    }

    /// Random features and parameters with the given spreads, and c.
    std::vector<double> point(double features, double weights, double biases, double c, std::uint64_t seed) const
    {
        noise next(seed);
        auto p = layer.template make_params<double>(channels());
        for_each_leaf(p, [&](std::string const& name, auto leaf) {
            bool const weight = name == "z" || name == "w";
            for_each_element(leaf, [&](double& v) { v = name == "c" ? c : next(weight ? weights : biases); });
        });
        return pack(random_tensor<double>(shape, features, seed + 1), p);
    }

    template <class T, class Exec = exec::seq>
    std::vector<T> forward(std::vector<T> const& flat, Exec const& exec = {}) const
    {
        auto const a = unpack(flat);
        return numbers_in(layer.forward(exec, a.p, a.x));
    }

    template <class T, class Exec = exec::seq>
    std::vector<T> backward(std::vector<T> const& flat, std::vector<T> const& cotangent, Exec const& exec = {}) const
    {
        auto const a = unpack(flat);
        auto y = layer.forward(exec, a.p, a.x);
        typename Layer::template saved<T> saved;
        layer.forward(exec, a.p, a.x, y, saved);
        auto dp = layer.zero_gradients(a.p);
        auto dy = y;
        tensor<T, Rank> dx(shape);
        for (T& v : dx) v = std::numeric_limits<T>::quiet_NaN();
        std::copy(cotangent.begin(), cotangent.end(), dy.begin());
        layer.backward(exec, a.p, a.x, saved, dy, dx, dp);
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

template <class Layer, std::size_t Rank>
packed_layer<Layer, Rank> pack_layer(Layer const& layer, dims<Rank> const& shape)
{
    return {layer, shape};
}

/// Gradients of one leaf after another: x, then the parameters.
template <class Layer, std::size_t Rank, class T>
std::vector<std::vector<T>> leaves_of(packed_layer<Layer, Rank> const& f, std::vector<T> const& flat)
{
    auto const a = f.unpack(flat);
    std::vector<std::vector<T>> leaves{numbers_in(a.x)};
    for_each_leaf(a.p, [&](char const*, auto leaf) { leaves.push_back(numbers_in(as_const(leaf))); });
    return leaves;
}

}  // namespace hyspn::testing
