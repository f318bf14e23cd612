// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <string>

#include <hyspn/exec/policy.hpp>
#include <hyspn/propagation/arrays.hpp>
#include <hyspn/propagation/axes.hpp>
#include <hyspn/propagation/segments.hpp>

/// \file
/// Networks whose neighbours have learned offsets: X_k(p) = x(p + d_k + Δ_k(p)) is read between the pixels, bilinearly.
///
///     a_k(p)     = f(scale g_k(p)) / divisor · κ_k(p),      w = normalised a
///     y(p)       = Σ_k w_k(p) X_k(p) + z(p) x_t(p)
///     x_{t+1}(p) = (1 - β(p)) y(p) + β(p) s(p)              (or blended before the step)
///
/// Pixels outside the image count as 0, corner by corner, so maps fade at the border. A sample whose row or column is
/// at most -1, or at least the size, has neither value nor gradient; at whole numbers the derivative is that from the
/// right (both as deformable convolutions have it). An offset that is NaN or infinite samples nothing.

namespace hyspn::detail {

/// The processor sums gradients of weights over as many steps, counted from the last, before it adds them up; or over
/// a divisor of them.
inline constexpr index_t steps_of_gradients = 6;

}  // namespace hyspn::detail

namespace hyspn::propagation {

/// The places that offsets start from, in channel order (row-major).
enum class neighbour_set {
    window,              ///< k x k without the centre
    window_with_centre,  ///< k x k
    cross                ///< up, left, centre, right, down
};

/// What is done to a gate before it is normalised.
enum class gate_function { identity, tanh, sigmoid };

/// Where the confidence acts.
enum class confidence_role {
    none,      ///< nowhere
    intended,  ///< κ_k(p) is read where the neighbour is: at p + d_k + Δ_k
    released,  ///< κ_k(p) is read at p + Δ_k: the place in the window is forgotten
    legacy,    ///< κ_k(p) is read at p + d_k + Δ_k, but the neighbours at p + 2 d_k + Δ_k
    injection  ///< β = mask · confidence
};

/// Read by forward and backward. T steps, K neighbours; with gates_per_step or offsets_per_step the channels of step t
/// start at t·K or t·2K.
template <class T, class M = memory::host>
struct sampled_inputs {
    view<T const, 4, M> initial{};     ///< h0 [N, L, H, W]
    view<T const, 4, M> gates{};       ///< raw g [N, K, H, W] or [N, T·K, H, W]
    view<T const, 4, M> offsets{};     ///< Δ in pixels, (dy, dx) of each neighbour: [N, 2K, H, W] or [N, T·2K, H, W]
    view<T const, 1, M> gamma{};       ///< [1], only with learned_divisor
    view<T const, 4, M> confidence{};  ///< [N, 1, H, W]; with the role injection, NaN too where the mask is 0
    view<T const, 4, M> measured{};    ///< s [N, L, H, W], or [N, 1, H, W] for all maps; NaN too where β is 0
    view<T const, 4, M> mask{};        ///< [N, 1, H, W] in [0, 1]; β, or what multiplies the confidence to give β
    /// [N, 1, H, W], by default all. Where it is 0 the pixel takes no part: it keeps its initial value (kept iterates
    /// hold 0 there) and is, to the others, as if outside the image, but that a sample exactly on it has the derivative
    /// from the right. Its gates, confidence and measurement are not read, and have no gradient.
    view<T const, 4, M> active{};
};

/// Written by backward, in the shapes of the inputs; a gradient left empty is not wanted.
template <class T, class M = memory::host>
struct sampled_gradients {
    view<T, 4, M> initial{};
    view<T, 4, M> gates{};
    view<T, 4, M> offsets{};
    view<T, 1, M> gamma{};
    view<T, 4, M> confidence{};
    view<T, 4, M> measured{};
    view<T, 4, M> mask{};
};

/// What forward leaves for backward: the weights, in the shape of the gates, and x_1 ... x_{T-1} [T - 1, N, L, H, W],
/// or with checkpoints those of kept_steps.
template <class T, class M = memory::host>
struct sampled_saved {
    tensor<T, 4, M> weights{};
    tensor<T, 5, M> iterates{};
};

/// A network with learned offsets: a point on the axes above. presets/nlspn.hpp, dyspn_softmax.hpp and lrru.hpp hold
/// the published ones. Include propagation/sampled.hpp, or one of those, to run it.
///
///     propagation::sampled const net = propagation::presets::nlspn{.steps = 18};
///     propagation::sampled_inputs<float> const in{.initial = h0, .gates = g, .offsets = o, .gamma = gamma,
///                                                 .confidence = c, .measured = s, .mask = m};
///     tensor<float, 4> const depth = net.forward(exec, in);
///
/// β goes into mask; the confidence is another map (confidence_role), and absent where it has no role.
struct sampled {
    neighbour_set neighbours = neighbour_set::window;
    index_t kernel = 3;  ///< odd; 3 for the cross
    index_t steps = 18;  ///< T, at least 0
    bool gates_per_step = false;
    bool offsets_per_step = false;  ///< where confidence is sampled, only together with gates_per_step
    bool centre_stays = false;      ///< the offset of the centre, where it is in the set, is ignored
    gate_function function = gate_function::identity;
    double gate_scale = 1;
    double gate_divisor = 1;                                ///< positive
    bool learned_divisor = false;                           ///< the divisor is further multiplied by γ + 1e-8
    gate_normaliser normaliser = gate_normaliser::abs_sum;  ///< not abs_sum_at_source, not softmax_present
    double epsilon = 1e-4;                                  ///< as in stencil
    centre_term centre = centre_term::current;              ///< current (z = 1 - Σw), in_set or none (both: z = 0)
    confidence_role confidence = confidence_role::none;
    injection_time injection = injection_time::none;
    bool detach = false;  ///< backward takes the map a step starts from, injection included, for a constant
    history keep = history::every_step;

    friend constexpr bool operator==(sampled const&, sampled const&) = default;

    /// K.
    index_t count() const
    {
        return neighbours == neighbour_set::cross ? 5 : kernel * kernel - (neighbours == neighbour_set::window ? 1 : 0);
    }

    /// x_T [N, L, H, W]. O(T K) samples per pixel and map; scratch: the weights and the maps twice, their number
    /// rounded up to whole registers where exec::omp runs several side by side. The same bits for any number of
    /// threads. Throws shape_error for arrays that do not fit each other or the axes, value_error for options out of
    /// range.
    template <execution_policy P, class T>
    tensor<T, 4, typename P::memory_space> forward(P const& exec,
                                                   sampled_inputs<T, typename P::memory_space> const& in) const;

    /// The same into an array of the caller, which must not overlap the inputs.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void forward(P const& exec, sampled_inputs<T, typename P::memory_space> const& in, Y&& out) const;

    /// The same for training: fills `kept` for backward.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void forward(P const& exec, sampled_inputs<T, typename P::memory_space> const& in, Y&& out,
                 sampled_saved<T, typename P::memory_space>& kept) const;

    /// Steps until none moves a value by more than `tolerance` (in the map's units, at least 0), `steps` at most. To
    /// train through it, run as many steps. All steps share gates and offsets: the next may move what one left alone
    /// otherwise. Throws as above.
    template <execution_policy P, class T, view_of_rank<4> Y>
    settling forward_until(P const& exec, sampled_inputs<T, typename P::memory_space> const& in, Y&& out,
                           double tolerance) const;

    /// Writes the gradients asked for, given dout = dL/dx_T and what the training forward of the same inputs kept.
    /// Confidence read at the neighbours gives no gradient to the offsets (as the authors of NLSPN have it). Where β is
    /// 0 and s, of any map, is infinite or NaN, the gradients of both are 0. Throws as forward does.
    ///
    /// Cost per pixel and map: O(T K) on the processor. On the device every step looks at (2R + 1)² K samples per
    /// pixel, R <= 8 being how far, in whole rows or columns, samples inside the image lie from their pixels. Samples
    /// that lie farther are looked at by every pixel of the rows they fall between: a few cost little, K per pixel of
    /// them W K. Their lists take 8 H W K bytes per image.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void backward(P const& exec, sampled_inputs<T, typename P::memory_space> const& in,
                  sampled_saved<T, typename P::memory_space> const& kept, Y const& dout,
                  sampled_gradients<T, typename P::memory_space> const& d) const;

    /// The same for a loss that also looks at kept.iterates: diterates = ∂L/∂x_1 ... ∂L/∂x_{T-1} [T - 1, N, L, H, W].
    /// Not with checkpoints.
    template <execution_policy P, class T, view_of_rank<4> Y, view_of_rank<5> Z>
    void backward(P const& exec, sampled_inputs<T, typename P::memory_space> const& in,
                  sampled_saved<T, typename P::memory_space> const& kept, Y const& dout, Z const& diterates,
                  sampled_gradients<T, typename P::memory_space> const& d) const;

    /// The segments of steps between kept iterates. Those of checkpoints end with the last step and are as long as the
    /// multiple of 6 at or above √T, so that gradients are summed as from all iterates: of 18 steps x_6 and x_12 are
    /// kept, of 6 or fewer none.
    hyspn::detail::step_segments kept_steps() const
    {
        if (keep == history::every_step) return {steps, 1, 1};
        index_t const group = hyspn::detail::steps_of_gradients;
        index_t const stride = (hyspn::detail::root_of_steps(steps) + group - 1) / group * group;
        return {steps, stride, steps - (steps > 0 ? steps - 1 : 0) / stride * stride};
    }
};

}  // namespace hyspn::propagation

namespace hyspn::detail {

using propagation::confidence_role;
using propagation::gate_function;
using propagation::neighbour_set;

/// Whether gates are multiplied by a confidence read between the pixels.
inline bool samples_confidence(propagation::sampled const& o)
{
    return o.confidence == confidence_role::intended || o.confidence == confidence_role::released ||
           o.confidence == confidence_role::legacy;
}

inline index_t gate_sets(propagation::sampled const& o)
{
    return o.gates_per_step ? o.steps : 1;
}
inline index_t offset_sets(propagation::sampled const& o)
{
    return o.offsets_per_step ? o.steps : 1;
}

inline void require_options(char const* function, propagation::sampled const& o)
{
    auto const real = [](auto i) { return static_cast<double>(i); };
    bool const cross = o.neighbours == neighbour_set::cross;
    require_value(!cross || o.kernel == 3, function, "kernel", "3 for the cross", real(o.kernel));
    require_value(o.kernel >= 1 && o.kernel % 2 == 1, function, "kernel", "odd and at least 1", real(o.kernel));
    require_value(o.count() > 0, function, "kernel", "at least 3 without the centre", real(o.kernel));
    require_value(o.steps >= 0, function, "steps", "at least 0", real(o.steps));
    require_value(std::isfinite(o.gate_scale), function, "gate_scale", "finite", o.gate_scale);
    require_value(o.gate_divisor > 0 && std::isfinite(o.gate_divisor), function, "gate_divisor", "finite and positive",
                  o.gate_divisor);
    require_value(o.epsilon >= 0 && std::isfinite(o.epsilon), function, "epsilon", "finite and at least 0", o.epsilon);
    if (o.normaliser == gate_normaliser::abs_sum_at_source || o.normaliser == gate_normaliser::softmax_present)
        raise<value_error>(function, "normaliser", "one that needs no whole offsets",
                           "abs_sum_at_source or softmax_present");
    if (o.centre == centre_term::anchor || o.centre == centre_term::in_set_anchor)
        raise<value_error>(function, "centre", "current, in_set or none", "an anchor");
    if (o.centre == centre_term::in_set && o.neighbours == neighbour_set::window)
        raise<value_error>(function, "centre", "in the set of neighbours", "a window without it");
    if (samples_confidence(o) && o.offsets_per_step && !o.gates_per_step)
        raise<value_error>(function, "gates_per_step", "true where confidence is read at the offsets of each step",
                           "false");
    if (o.confidence == confidence_role::injection && o.injection == propagation::injection_time::none)
        raise<value_error>(function, "injection", "before or after where confidence has its part in it", "none");
}

template <class T, class M>
void require_inputs(char const* function, propagation::sampled const& o, propagation::sampled_inputs<T, M> const& in)
{
    using namespace propagation;
    auto const with = [&](index_t channels) {
        return dims<4>{in.initial.extent(0), channels, in.initial.extent(2), in.initial.extent(3)};
    };
    require_shape(function, "gates", o.gates_per_step ? "[N, T K, H, W]" : "[N, K, H, W]", in.gates.extents(),
                  with(gate_sets(o) * o.count()));
    require_shape(function, "offsets", o.offsets_per_step ? "[N, T 2K, H, W]" : "[N, 2K, H, W]", in.offsets.extents(),
                  with(2 * offset_sets(o) * o.count()));
    if (o.learned_divisor)
        require_shape(function, "gamma", "[1]", in.gamma.extents(), dims<1>{1});
    else if (present(in.gamma))
        raise<shape_error>(function, "gamma", "absent without learned_divisor", "an array");
    if (o.confidence != confidence_role::none)
        require_shape(function, "confidence", "[N, 1, H, W]", in.confidence.extents(), with(1));
    else if (present(in.confidence))
        raise<shape_error>(function, "confidence", "absent where it has no role (β goes into mask)", "an array");
    if (present(in.active)) require_shape(function, "active", "[N, 1, H, W]", in.active.extents(), with(1));
    if (o.injection == injection_time::none) {
        if (present(in.mask) || present(in.measured))
            raise<shape_error>(function, "measured and mask", "absent when injection is none", "an array");
        return;
    }
    bool const product = o.confidence == confidence_role::injection;
    require_shape(function, "mask",
                  product ? "[N, 1, H, W] (β is mask times confidence)" : "[N, 1, H, W] (β goes here)",
                  in.mask.extents(), with(1));
    if (in.measured.extents() != with(1))
        require_shape(function, "measured", "[N, L or 1, H, W]", in.measured.extents(), in.initial.extents());
}

template <class T, class M>
void require_gradients(char const* function, propagation::sampled_inputs<T, M> const& in,
                       propagation::sampled_gradients<T, M> const& d)
{
    auto const fits = [&](char const* name, auto const& gradient, auto const& input) {
        if (propagation::present(gradient))
            require_shape(function, name, "the shape of its input", gradient.extents(), input.extents());
    };
    fits("the gradient of initial", d.initial, in.initial);
    fits("the gradient of gates", d.gates, in.gates);
    fits("the gradient of offsets", d.offsets, in.offsets);
    fits("the gradient of gamma", d.gamma, in.gamma);
    fits("the gradient of confidence", d.confidence, in.confidence);
    fits("the gradient of measured", d.measured, in.measured);
    fits("the gradient of mask", d.mask, in.mask);
}

}  // namespace hyspn::detail
