// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/propagation/presets/dyspn_rings.hpp>

#include "propagation/support.hpp"

namespace hyspn::testing {

/// One array per input of ring propagation, or per gradient.
template <class T>
struct ring_arrays {
    tensor<T, 4> initial, gates, attention, measured, confidence;

    ring_arrays() = default;
    template <class U>
    explicit ring_arrays(ring_arrays<U> const& from)
        : initial(cast<T>(from.initial)),
          gates(cast<T>(from.gates)),
          attention(cast<T>(from.attention)),
          measured(cast<T>(from.measured)),
          confidence(cast<T>(from.confidence))
    {
    }

    propagation::ring_inputs<T> views() const
    {
        return {
            .initial = initial, .gates = gates, .attention = attention, .measured = measured, .confidence = confidence};
    }
    propagation::ring_gradients<T> gradients()
    {
        return {
            .initial = initial, .gates = gates, .attention = attention, .measured = measured, .confidence = confidence};
    }
};

/// Arrays of the same shapes at 0.
template <class T>
ring_arrays<T> zeros_like(ring_arrays<T> const& a)
{
    ring_arrays<T> z;
    z.initial = tensor<T, 4>(a.initial.extents());
    z.gates = tensor<T, 4>(a.gates.extents());
    z.attention = tensor<T, 4>(a.attention.extents());
    z.measured = tensor<T, 4>(a.measured.extents());
    z.confidence = tensor<T, 4>(a.confidence.extents());
    return z;
}

/// Normal gates, of which some are 0, and attention; uniform maps; β a third 0, a third 1, a third between, and the
/// measurement NaN where it is 0.
inline ring_arrays<double> random_rings(dims<4> const& e, index_t steps, std::uint64_t seed, bool one_map = false,
                                        bool injected = true, bool unmeasured_is_nan = true)
{
    random_stream stream(seed);
    auto const uniform = [&] { return static_cast<double>(static_cast<float>(stream.uniform())); };
    ring_arrays<double> a;
    a.initial = tensor<double, 4>(e);
    a.gates = tensor<double, 4>(e[0], 48, e[2], e[3]);
    a.attention = tensor<double, 4>(e[0], 4 * steps, e[2], e[3]);
    for (double& x : a.initial) x = uniform();
    for (double& x : a.gates) x = uniform() < 0.1 ? 0 : static_cast<double>(static_cast<float>(stream.normal()));
    for (double& x : a.attention) x = static_cast<double>(static_cast<float>(2 * stream.normal()));
    if (!injected) return a;
    a.confidence = tensor<double, 4>(e[0], 1, e[2], e[3]);
    a.measured = tensor<double, 4>(e[0], one_map ? 1 : e[1], e[2], e[3]);
    for (double& x : a.confidence) x = std::clamp(3 * uniform() - 1, 0.0, 1.0);
    for (index_t n = 0; n < e[0]; ++n)
        for (index_t l = 0; l < a.measured.extent(1); ++l)
            for (index_t y = 0; y < e[2]; ++y)
                for (index_t x = 0; x < e[3]; ++x) {
                    double const s = uniform();
                    bool const none = unmeasured_is_nan && a.confidence(n, 0, y, x) == 0;
                    a.measured(n, l, y, x) = none ? std::numeric_limits<double>::quiet_NaN() : s;
                }
    return a;
}

/// Output, kept arrays and gradients of one training step.
template <class T>
struct ring_run {
    tensor<T, 4> out;
    propagation::ring_saved<T> kept{};
    ring_arrays<T> d;

    template <execution_policy P, class Dout>
    ring_run(P const& exec, propagation::presets::dyspn_rings const& net, ring_arrays<T> const& at, Dout const& dout)
        : out(at.initial.extents()), d(zeros_like(at))
    {
        net.forward(exec, at.views(), out, kept);
        net.backward(exec, at.views(), kept, dout, d.gradients());
    }
};

}  // namespace hyspn::testing
