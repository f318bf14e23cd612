// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <hyspn/core/compensated.hpp>
#include <hyspn/core/tensor.hpp>

/// \file
/// Weights of Poincaré linear and convolutional layers as other libraries store them. Here a row is z(o, m, c): output
/// o, tap m = ky·width + kx, channel c; a linear layer has one tap. Host arrays.

namespace hyspn::detail {

template <class T>
void require_flat(char const* function, view<T const, 2> const& W, index_t taps)
{
    require_value(taps >= 1, function, "taps", "at least 1", static_cast<double>(taps));
    if (W.extent(0) % taps != 0)
        raise<shape_error>(function, "W", "[K*C, O] with K = " + std::to_string(taps), to_string(W.extents()));
}

}  // namespace hyspn::detail

namespace hyspn::nn {

/// From HypLL's HLinear and HConvolution2d: W [C·K, O], channel-major, z(o, m, c) = W[c·K + m, o].
template <class T>
tensor<T, 3> from_hypll(view<T const, 2> const& W, index_t taps)
{
    detail::require_flat("from_hypll", W, taps);
    index_t const channels = W.extent(0) / taps;
    tensor<T, 3> z(W.extent(1), taps, channels);
    for (index_t o = 0; o < z.extent(0); ++o)
        for (index_t m = 0; m < taps; ++m)
            for (index_t c = 0; c < channels; ++c) z(o, m, c) = W(c * taps + m, o);
    return z;
}

/// To HypLL's layout: the inverse of from_hypll.
template <class T>
tensor<T, 2> to_hypll(view<T const, 3> const& z)
{
    tensor<T, 2> W(z.extent(1) * z.extent(2), z.extent(0));
    for (index_t o = 0; o < z.extent(0); ++o)
        for (index_t m = 0; m < z.extent(1); ++m)
            for (index_t c = 0; c < z.extent(2); ++c) W(c * z.extent(1) + m, o) = z(o, m, c);
    return W;
}

/// From mil-tokyo's PoincareLinear and PoincareConvolution: directions W [K·C, O], tap-major, and lengths g [O]:
/// z(o, m, c) = g_o·W[m·C + c, o]/‖W[:, o]‖. g_o may be negative. A column of zeros gives a row of zeros.
template <class T>
tensor<T, 3> from_mil_tokyo(view<T const, 2> const& W, view<T const, 1> const& g, index_t taps)
{
    detail::require_flat("from_mil_tokyo", W, taps);
    detail::require_shape("from_mil_tokyo", "g", "[O]", g.extents(), {W.extent(1)});
    index_t const channels = W.extent(0) / taps;
    tensor<T, 3> z(W.extent(1), taps, channels);
    for (index_t o = 0; o < z.extent(0); ++o) {
        view<T const, 1> const column(W.data_handle() + o * W.stride(1), dims<1>{W.extent(0)}, dims<1>{W.stride(0)});
        T const length = norm(column);
        for (index_t k = 0; k < W.extent(0); ++k)
            z(o, k / channels, k % channels) = length > T(0) ? g(o) * (column(k) / length) : T(0);
    }
    return z;
}

/// Directions and lengths of mil-tokyo's layout.
template <class T>
struct mil_tokyo_weights {
    tensor<T, 2> W;  ///< [K·C, O], columns of norm 1 (or 0)
    tensor<T, 1> g;  ///< [O], ≥ 0
};

/// To mil-tokyo's layout.
template <class T>
mil_tokyo_weights<T> to_mil_tokyo(view<T const, 3> const& z)
{
    mil_tokyo_weights<T> out{tensor<T, 2>(z.extent(1) * z.extent(2), z.extent(0)), tensor<T, 1>(z.extent(0))};
    for (index_t o = 0; o < z.extent(0); ++o) {
        for (index_t k = 0; k < out.W.extent(0); ++k) out.W(k, o) = z(o, k / z.extent(2), k % z.extent(2));
        view<T, 1> const column(out.W.data() + o, dims<1>{out.W.extent(0)}, dims<1>{out.W.extent(1)});
        T const length = out.g(o) = norm(column);
        for (index_t k = 0; k < out.W.extent(0) && length > T(0); ++k) column(k) /= length;
    }
    return out;
}

/// From HyperbolicCV's LorentzFullyConnected: a matrix [O + 1, 1 + C] or bias, whose first row makes a time coordinate
/// that is then replaced, without it.
template <class T>
tensor<T, 2> from_hyperbolic_cv(view<T const, 2> const& W)
{
    if (W.extent(0) < 1 || W.extent(1) < 1)
        detail::raise<shape_error>("from_hyperbolic_cv", "W", "[O + 1, 1 + C]", to_string(W.extents()));
    tensor<T, 2> w(W.extent(0) - 1, W.extent(1));
    for (index_t o = 0; o < w.extent(0); ++o)
        for (index_t c = 0; c < w.extent(1); ++c) w(o, c) = W(o + 1, c);
    return w;
}

}  // namespace hyspn::nn
