// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include <hyspn/propagation/presets/bpnet_post.hpp>
#include <hyspn/propagation/presets/cspn_pp.hpp>
#include <hyspn/propagation/presets/penet_dilated.hpp>

#include "propagation/support.hpp"

namespace hyspn::testing {

/// The arrays of a mixture, or of its gradients.
template <class T>
struct mixture_arrays {
    tensor<T, 4> initial{};
    std::array<tensor<T, 4>, 3> gates{};
    tensor<T, 4> sigma{}, lambda{}, confidence{}, measured{}, mask{};

    propagation::mixture_inputs<T> views() const
    {
        return {.initial = initial,
                .gates = {as_view(gates[0]), as_view(gates[1]), as_view(gates[2])},
                .sigma = sigma,
                .lambda = lambda,
                .confidence = confidence,
                .measured = measured,
                .mask = mask};
    }

    propagation::mixture_gradients<T> gradient_views()
    {
        return {.initial = initial,
                .gates = {as_view(gates[0]), as_view(gates[1]), as_view(gates[2])},
                .sigma = sigma,
                .lambda = lambda,
                .confidence = confidence,
                .measured = measured};
    }

    /// f(name, mine, other's) for all that has a gradient.
    template <class Other, class F>
    void for_each_gradient(Other&& other, F const& f) const
    {
        f("h0", initial, other.initial);
        f("gates3", gates[0], other.gates[0]);
        f("gates5", gates[1], other.gates[1]);
        f("gates7", gates[2], other.gates[2]);
        f("sigma", sigma, other.sigma);
        f("lam", lambda, other.lambda);
        f("confidence", confidence, other.confidence);
        f("value", measured, other.measured);
    }
};

/// f of each array.
template <class U, class T, class F>
mixture_arrays<U> transformed(mixture_arrays<T> const& a, F const& f)
{
    return {f(a.initial),    {f(a.gates[0]), f(a.gates[1]), f(a.gates[2])},
            f(a.sigma),      f(a.lambda),
            f(a.confidence), f(a.measured),
            f(a.mask)};
}

template <class T>
mixture_arrays<T> same_shapes(mixture_arrays<T> const& a)
{
    return transformed<T>(a, [](tensor<T, 4> const& x) { return tensor<T, 4>(x.extents()); });
}

/// Random inputs: maps and gates as of random_problem, raw weights in [-2, 2], two pixels in five measured. NaN where
/// nothing was, unless the network tells by the value; 0 there.
inline mixture_arrays<double> random_mixture(dims<4> const& e, index_t lambdas, index_t confidences, std::uint64_t seed,
                                             bool masked = true)
{
    random_stream stream(seed);
    auto const draw = [&](index_t channels, double low, double high) {
        tensor<double, 4> made(dims<4>{e[0], channels, e[2], e[3]});
        for (double& x : made) x = static_cast<double>(static_cast<float>(low + (high - low) * stream.uniform()));
        return made;
    };
    mixture_arrays<double> a{draw(e[1], 0, 2), {draw(8, -1, 1), draw(24, -1, 1), draw(48, -1, 1)}, draw(3, -2, 2)};
    if (lambdas > 0) a.lambda = draw(lambdas, -2, 2);
    a.confidence = draw(confidences, -2, 2);
    a.measured = draw(1, 0.5, 2);
    tensor<double, 4> mask = draw(1, 0, 1);
    for (index_t i = 0; i < mask.size(); ++i) {
        mask.data()[i] = mask.data()[i] > 0.6 ? 1 : 0;
        if (mask.data()[i] == 0) a.measured.data()[i] = masked ? std::numeric_limits<double>::quiet_NaN() : 0;
    }
    if (masked) a.mask = mask;
    return a;
}

template <class T>
mixture_arrays<T> cast_all(mixture_arrays<double> const& a)
{
    return transformed<T>(a, [](tensor<double, 4> const& x) { return cast<T>(x); });
}

/// Output, inference's output and gradients of one training step.
template <class T>
struct mixture_run {
    tensor<T, 4> out, inferred;
    propagation::mixture_saved<T> kept{};
    mixture_arrays<T> d;

    template <execution_policy P, class Net>
    mixture_run(P const& exec, Net const& net, mixture_arrays<T> const& a, tensor<T, 4> const& dout)
        : out(a.initial.extents()), inferred(a.initial.extents()), d(same_shapes(a))
    {
        net.forward(exec, a.views(), inferred);
        net.forward(exec, a.views(), out, kept);
        net.backward(exec, a.views(), kept, dout, d.gradient_views());
    }
};

/// What a network wants, of this size: f(net, arrays).
template <class F>
void for_each_mixture(dims<4> const& e, std::uint64_t seed, F const& f)
{
    f(propagation::presets::cspn_pp{.steps = 8}, random_mixture(e, 12, 3, seed));
    f(propagation::presets::bpnet_post{.steps = 4}, random_mixture(e, 3, 3, seed + 1, false));
}

/// The same of the dilated network.
template <class T>
struct dilated_arrays {
    tensor<T, 4> initial{};
    mixture_arrays<T> half{}, full{};

    propagation::dilated_inputs<T> views() const
    {
        return {.initial = initial, .half = half.views(), .full = full.views()};
    }
};

/// For images of 2h x 2w; e is [N, L, h, w].
inline dilated_arrays<double> random_dilated(dims<4> const& e, std::uint64_t seed)
{
    dims<4> const twice{e[0], e[1], 2 * e[2], 2 * e[3]};
    dilated_arrays<double> a{{}, random_mixture(e, 0, 1, seed), random_mixture(twice, 0, 1, seed + 1)};
    a.initial = a.full.initial;
    a.half.initial = a.full.initial = {};
    return a;
}

template <class T>
dilated_arrays<T> cast_all(dilated_arrays<double> const& a)
{
    return {cast<T>(a.initial), cast_all<T>(a.half), cast_all<T>(a.full)};
}

template <class T>
struct dilated_run {
    tensor<T, 4> out, inferred;
    propagation::dilated_saved<T> kept{};
    dilated_arrays<T> d;

    template <execution_policy P>
    dilated_run(P const& exec, propagation::presets::penet_dilated const& net, dilated_arrays<T> const& a,
                tensor<T, 4> const& dout)
        : out(a.initial.extents()),
          inferred(a.initial.extents()),
          d{tensor<T, 4>(a.initial.extents()), same_shapes(a.half), same_shapes(a.full)}
    {
        net.forward(exec, a.views(), inferred);
        net.forward(exec, a.views(), out, kept);
        net.backward(exec, a.views(), kept, dout,
                     propagation::dilated_gradients<T>{
                         .initial = d.initial, .half = d.half.gradient_views(), .full = d.full.gradient_views()});
    }
};

}  // namespace hyspn::testing
