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
    return {f(a.initial),    {f(a.gates[0]), f(a.gates[1]), f(a.gates[2])}, f(a.sigma), f(a.lambda), f(a.confidence),
            f(a.measured), f(a.mask)};
}

template <class T>
mixture_arrays<T> same_shapes(mixture_arrays<T> const& a)
{
    return transformed<T>(a, [](tensor<T, 4> const& x) { return tensor<T, 4>(x.extents()); });
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
