// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/propagation/volume.hpp>

#include "propagation/support.hpp"

namespace hyspn::testing {

/// The arrays of a volume, or of its gradients.
template <class T>
struct volume_arrays {
    tensor<T, 5> initial{}, gates{}, measured{}, confidence{};

    propagation::volume_inputs<T> views() const
    {
        return {.initial = initial, .gates = gates, .measured = measured, .confidence = confidence};
    }
    propagation::volume_gradients<T> gradient_views()
    {
        return {.initial = initial, .gates = gates, .measured = measured, .confidence = confidence};
    }
};

/// Random inputs; β a third 0, a third 1, a third between. Where β is 0 the measurement is NaN if asked for.
inline volume_arrays<double> random_volume(propagation::volume const& net, dims<5> const& e, std::uint64_t seed,
                                           bool unmeasured_is_nan = false)
{
    random_stream stream(seed);
    auto const draw = [&](index_t channels, double low, double high) {
        tensor<double, 5> made(dims<5>{e[0], channels, e[2], e[3], e[4]});
        for (double& x : made) x = static_cast<double>(static_cast<float>(low + (high - low) * stream.uniform()));
        return made;
    };
    // Unnormalised gates would grow without bound.
    double const bound = net.normaliser == propagation::gate_normaliser::none ? 8.0 / double(net.gates()) : 1;
    volume_arrays<double> a{draw(e[1], 0, 1), draw(net.gates(), -bound, bound), {}, {}};
    if (net.injection == propagation::injection_time::none) return a;
    a.measured = draw(seed % 2 ? 1 : e[1], 0, 1);
    a.confidence = draw(1, -1, 2);
    for (double& b : a.confidence) b = std::clamp(b, 0.0, 1.0);
    if (!unmeasured_is_nan) return a;
    auto const beta = as_view(a.confidence), s = as_view(a.measured);
    for (index_t n = 0; n < e[0]; ++n)
        for (index_t l = 0; l < s.extent(1); ++l)
            for (index_t z = 0; z < e[2]; ++z)
                for (index_t y = 0; y < e[3]; ++y)
                    for (index_t x = 0; x < e[4]; ++x)
                        if (beta(n, 0, z, y, x) == 0) s(n, l, z, y, x) = std::numeric_limits<double>::quiet_NaN();
    return a;
}

template <class T>
volume_arrays<T> cast_all(volume_arrays<double> const& a)
{
    return {cast<T>(a.initial), cast<T>(a.gates), cast<T>(a.measured), cast<T>(a.confidence)};
}

/// Output, inference's output and gradients of one training step.
template <class T>
struct volume_run {
    tensor<T, 5> out, inferred;
    propagation::volume_saved<T> kept{};
    volume_arrays<T> d;

    template <execution_policy P>
    volume_run(P const& exec, propagation::volume const& net, volume_arrays<T> const& a, tensor<T, 5> const& dout)
        : out(a.initial.extents()),
          inferred(a.initial.extents()),
          d{tensor<T, 5>(a.initial.extents()), tensor<T, 5>(a.gates.extents()), tensor<T, 5>(a.measured.extents()),
            tensor<T, 5>(a.confidence.extents())}
    {
        net.forward(exec, a.views(), inferred);
        net.forward(exec, a.views(), out, kept);
        net.backward(exec, a.views(), kept, dout, d.gradient_views());
    }
};

/// Values in an array with padded rows, every step-th element of them.
struct spread_volume {
    tensor<double, 5> storage;
    dims<5> extents;
    index_t step;

    spread_volume(tensor<double, 5> const& from, index_t column_step)
        : storage(dims<5>{from.extent(0), from.extent(1), from.extent(2), from.extent(3),
                          column_step * from.extent(4) + 3}),
          extents(from.extents()),
          step(column_step)
    {
        hyspn::copy(as_view(from), values());
    }
    view<double, 5> values()
    {
        dims<5> strides = row_major_strides(storage.extents());
        strides[4] = step;
        return {storage.data(), extents, strides};
    }
};

inline std::string describe(propagation::volume const& o)
{
    auto const text = [](auto e) { return std::to_string(static_cast<index_t>(e)); };
    return "kernel " + text(o.kernel) + " steps " + text(o.steps) + " order " + text(o.order) + " normaliser " +
           text(o.normaliser) + " centre " + text(o.centre) + " injection " + text(o.injection);
}

}  // namespace hyspn::testing
