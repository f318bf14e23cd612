// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/propagation/mixture_steps.hpp>
#include <hyspn/propagation/presets.hpp>

namespace hyspn::propagation::presets {

/// The post-processing of BP-Net (Tang et al., CVPR 2024), as released: windows of 3, 5 and 7 pixels as `bpnet`
/// propagates them, each on its own for all T steps,
///
///     out = λ_0 h0 + λ_1 Σ_q σ_q x_q(T/2) + λ_2 Σ_q σ_q x_q(T),  σ, λ: softmax over the windows, over the three
///
/// Inputs: lambda [N, 3, H, W]; confidence [N, 3, H, W], one map a window; measured [N, 1, H, W]; no mask: measured is
/// what exceeds `threshold`, β_q = sigmoid(c_q) there. Constants stay where the measurements agree with them, but for
/// the border: outside the image the maps count as 0, as in the released code.
struct bpnet_post {
    index_t steps = 12;       ///< T, positive and even
    double threshold = 1e-3;  ///< in the units of the depth

    friend constexpr bool operator==(bpnet_post const&, bpnet_post const&) = default;

    /// x [N, L, H, W]. O(83 T) operations per pixel and map; the same bits for any number of threads. Throws
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
        auto const o = method("bpnet_post::forward");
        auto const mask = mask_of(exec, "bpnet_post::forward", in);
        hyspn::detail::forward_mixture(exec, o, with(in, mask), as_view(out));
    }

    /// The same for training: fills `kept` for backward.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void forward(P const& exec, mixture_inputs<T, typename P::memory_space> const& in, Y&& out,
                 mixture_saved<T, typename P::memory_space>& kept) const
    {
        auto const o = method("bpnet_post::forward");
        auto const mask = mask_of(exec, "bpnet_post::forward", in);
        hyspn::detail::forward_mixture(exec, o, with(in, mask), as_view(out), kept);
    }

    /// Writes the gradients asked for, given dout [N, L, H, W] and what the training forward of the same inputs kept.
    /// Throws as forward does.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void backward(P const& exec, mixture_inputs<T, typename P::memory_space> const& in,
                  mixture_saved<T, typename P::memory_space> const& kept, Y const& dout,
                  mixture_gradients<T, typename P::memory_space> const& d) const
    {
        auto const o = method("bpnet_post::backward");
        auto const mask = mask_of(exec, "bpnet_post::backward", in);
        hyspn::detail::backward_mixture(exec, o, with(in, mask), kept, as_const(dout), d);
    }

private:
    hyspn::detail::mixture method(char const* function) const
    {
        hyspn::detail::require_value(steps > 0 && steps % 2 == 0, function, "steps", "positive and even",
                                     static_cast<double>(steps));
        return {.network = "bpnet_post",
                .windows = {.axes = bpnet, .at = {steps / 2, steps}},
                .weights = hyspn::detail::snapshot_weights::shared_with_initial};
    }

    template <execution_policy P, class T, class M>
    tensor<T, 4, M> mask_of(P const& exec, char const* function, mixture_inputs<T, M> const& in) const
    {
        if (present(in.mask)) hyspn::detail::raise<shape_error>(function, "mask", "absent", "an array");
        hyspn::detail::require_shape(function, "measured", "[N, 1, H, W]", in.measured.extents(),
                                     hyspn::detail::with_channels(in.initial, 1));
        tensor<T, 4, M> mask(in.measured.extents());
        dispatch(exec, hyspn::detail::measured_above_op<T, M>{in.measured, static_cast<T>(threshold), as_view(mask)});
        return mask;
    }

    template <class T, class M>
    static mixture_inputs<T, M> with(mixture_inputs<T, M> in, tensor<T, 4, M> const& mask)
    {
        in.mask = as_view(mask);
        return in;
    }
};

}  // namespace hyspn::propagation::presets
