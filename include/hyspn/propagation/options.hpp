// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <string>

#include <hyspn/exec/policy.hpp>
#include <hyspn/propagation/arrays.hpp>
#include <hyspn/propagation/axes.hpp>
#include <hyspn/propagation/segments.hpp>

namespace hyspn::propagation {

/// A spatial propagation network over a k x k window with one set of weights for all steps: a point on the axes of
/// axes.hpp. The published networks are values of this type (presets.hpp). Include stencil.hpp to run it.
///
///     propagation::stencil const net = propagation::presets::cspn{.steps = 24};
///     propagation::inputs<float> const in{.initial = h0, .gates = g, .measured = s, .confidence = m};
///     tensor<float, 4> depth = net.forward(exec, in);
struct stencil {
    index_t kernel = 3;    ///< odd, at least 1; at least 3 unless the centre is in the set
    index_t dilation = 1;  ///< at least 1
    index_t steps = 24;    ///< T, at least 0
    channel_order order = channel_order::natural;
    gate_owner owner = gate_owner::destination;
    gate_normaliser normaliser = gate_normaliser::abs_sum;
    double epsilon = 0;  ///< at least 0, added to Σ|g|; ignored by the softmaxes and by none
    centre_term centre = centre_term::anchor;
    injection_time injection = injection_time::none;
    injected_value injected = injected_value::measured;
    history keep = history::every_step;

    friend constexpr bool operator==(stencil const&, stencil const&) = default;

    /// K, the number of gates of a pixel.
    index_t gates() const { return neighbours().count(); }

    /// x_T [N, L, H, W] of h0, the gates and, unless injection is none, the confidence and the injected map.
    /// O(T K) operations per pixel and map; scratch: taps, bias and two maps. The same bits for any number of threads.
    /// Throws shape_error for arrays that do not fit each other or the axes, value_error for options out of range.
    template <execution_policy P, class T>
    tensor<T, 4, typename P::memory_space> forward(P const& exec, inputs<T, typename P::memory_space> const& in) const;

    /// The same into an array of the caller, which must not overlap the inputs.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void forward(P const& exec, inputs<T, typename P::memory_space> const& in, Y&& out) const;

    /// The same for training: fills `kept` for backward.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void forward(P const& exec, inputs<T, typename P::memory_space> const& in, Y&& out,
                 saved<T, typename P::memory_space>& kept) const;

    /// Steps until none moves a value by more than `tolerance` (in the map's units, at least 0), `steps` at most. To
    /// train through it, run as many steps. Throws as above.
    template <execution_policy P, class T, view_of_rank<4> Y>
    settling forward_until(P const& exec, inputs<T, typename P::memory_space> const& in, Y&& out,
                           double tolerance) const;

    /// Writes the gradients asked for, given dout = dL/dx_T and what the training forward of the same inputs kept.
    /// Where β is 0 and s, of any map, is infinite or NaN, nothing was measured: the gradients of both are 0. Throws as
    /// forward does.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void backward(P const& exec, inputs<T, typename P::memory_space> const& in,
                  saved<T, typename P::memory_space> const& kept, Y const& dout,
                  gradients<T, typename P::memory_space> const& d) const;

    /// The neighbours the gates speak of, in channel order.
    hyspn::detail::stencil_neighbours neighbours() const
    {
        bool const centred = centre == centre_term::in_set || centre == centre_term::in_set_anchor;
        return {kernel, dilation, order == channel_order::flipped, centred};
    }

    /// Steps from one kept iterate to the next.
    index_t kept_every() const { return kept_steps().stride; }
    /// The number of kept iterates: those of x_1 ... x_{T-1} whose number is a multiple.
    index_t kept_iterates() const { return kept_steps().kept(); }
    hyspn::detail::step_segments kept_steps() const
    {
        if (keep == history::every_step) return {steps, 1, 1};
        index_t const stride = hyspn::detail::root_of_steps(steps);
        return {steps, stride, stride};
    }

    /// The neighbours the folded step reads: the same, and the pixel itself where the centre term is current.
    hyspn::detail::stencil_neighbours taps() const
    {
        auto list = neighbours();
        list.self = centre == centre_term::current;
        return list;
    }
};

}  // namespace hyspn::propagation

namespace hyspn::detail {

inline void require_options(char const* function, propagation::stencil const& o)
{
    auto const real = [](index_t i) { return static_cast<double>(i); };
    require_value(o.kernel >= 1 && o.kernel % 2 == 1, function, "kernel", "odd and at least 1", real(o.kernel));
    require_value(o.gates() > 0, function, "kernel", "at least 3 when the centre is not in the set", real(o.kernel));
    require_value(o.dilation >= 1, function, "dilation", "at least 1", real(o.dilation));
    require_value(o.steps >= 0, function, "steps", "at least 0", real(o.steps));
    require_value(o.epsilon >= 0 && std::isfinite(o.epsilon), function, "epsilon", "finite and at least 0", o.epsilon);
}

/// [N, channels, H, W] of a map.
template <class T, class M>
dims<4> with_channels(view<T, 4, M> const& map, index_t channels)
{
    return {map.extent(0), channels, map.extent(2), map.extent(3)};
}

/// The inputs fit each other and the axes; an injection has what it injects.
template <class T, class M>
void require_inputs(char const* function, propagation::stencil const& o, propagation::inputs<T, M> const& in)
{
    using namespace propagation;
    require_shape(function, "gates", "[N, K, H, W]", in.gates.extents(), with_channels(in.initial, o.gates()));
    if (present(in.active))
        require_shape(function, "active", "[N, 1, H, W]", in.active.extents(), with_channels(in.initial, 1));
    if (o.injection == injection_time::none) {
        if (present(in.confidence) || present(in.measured))
            raise<shape_error>(function, "measured and confidence", "absent when injection is none", "an array");
        return;
    }
    require_shape(function, "confidence", "[N, 1, H, W]", in.confidence.extents(), with_channels(in.initial, 1));
    if (o.injected == injected_value::initial) {
        if (present(in.measured))
            raise<shape_error>(function, "measured", "absent when the initial map is injected", "an array");
    } else if (in.measured.extents() != with_channels(in.initial, 1)) {
        require_shape(function, "measured", "[N, L or 1, H, W]", in.measured.extents(), in.initial.extents());
    }
}

template <class T, class M>
void require_gradients(char const* function, propagation::inputs<T, M> const& in, propagation::gradients<T, M> const& d)
{
    require_gradient_shape(function, "initial", d.initial, in.initial);
    require_gradient_shape(function, "gates", d.gates, in.gates);
    require_gradient_shape(function, "measured", d.measured, in.measured);
    require_gradient_shape(function, "confidence", d.confidence, in.confidence);
}

}  // namespace hyspn::detail
