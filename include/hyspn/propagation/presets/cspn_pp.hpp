// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/propagation/mixture_steps.hpp>
#include <hyspn/propagation/presets.hpp>

namespace hyspn::propagation::presets {

/// CSPN++ (Cheng et al., AAAI 2020), context-aware assembly, in the form of PENet's C1 (Hu et al., ICRA 2021), the only
/// one released: windows of 3, 5 and 7 pixels as `penet` propagates them, snapshots after each quarter of the steps,
///
///     out = Σ_q σ_q Σ_j λ_qj x_q(j T/4),  σ = softmax over the windows, λ_q = softmax over the snapshots
///
/// Inputs: lambda [N, 12, H, W], window by window; confidence [N, 3, H, W], one map a window, β_q = mask sigmoid(c_q).
/// As in `penet` gates are normalised where they come from, so the weights at a pixel do not sum to 1 and constants do
/// not stay. All-zero gates give weights of 0.
struct cspn_pp {
    index_t steps = 12;  ///< T, a positive multiple of 4

    friend constexpr bool operator==(cspn_pp const&, cspn_pp const&) = default;

    /// x [N, L, H, W]. O(80 T) operations per pixel and map; the same bits for any number of threads. Throws
    /// shape_error, value_error.
    template <execution_policy P, class T>
    tensor<T, 4, typename P::memory_space> forward(P const& exec,
                                                   mixture_inputs<T, typename P::memory_space> const& in) const
    {
        tensor<T, 4, typename P::memory_space> out(in.initial.extents());
        forward(exec, in, out);
        return out;
    }

    /// The same into an array of the caller, which must not overlap the inputs.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void forward(P const& exec, mixture_inputs<T, typename P::memory_space> const& in, Y&& out) const
    {
        hyspn::detail::forward_mixture(exec, method("cspn_pp::forward"), in, as_view(out));
    }

    /// The same for training: fills `kept` for backward.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void forward(P const& exec, mixture_inputs<T, typename P::memory_space> const& in, Y&& out,
                 mixture_saved<T, typename P::memory_space>& kept) const
    {
        hyspn::detail::forward_mixture(exec, method("cspn_pp::forward"), in, as_view(out), kept);
    }

    /// Writes the gradients asked for, given dout [N, L, H, W] and what the training forward of the same inputs kept.
    /// Throws as forward does.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void backward(P const& exec, mixture_inputs<T, typename P::memory_space> const& in,
                  mixture_saved<T, typename P::memory_space> const& kept, Y const& dout,
                  mixture_gradients<T, typename P::memory_space> const& d) const
    {
        hyspn::detail::backward_mixture(exec, method("cspn_pp::backward"), in, kept, as_const(dout), d);
    }

private:
    hyspn::detail::mixture method(char const* function) const
    {
        hyspn::detail::require_value(steps > 0 && steps % 4 == 0, function, "steps", "a positive multiple of 4",
                                     static_cast<double>(steps));
        return {.network = "cspn_pp",
                .windows = {.axes = penet, .at = {steps / 4, steps / 2, steps / 4 * 3, steps}},
                .weights = hyspn::detail::snapshot_weights::of_window};
    }
};

}  // namespace hyspn::propagation::presets
