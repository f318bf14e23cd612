// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>

#include <hyspn/core/parameters.hpp>
#include <hyspn/propagation/prepare.hpp>
#include <hyspn/propagation/volume_step.hpp>

/// \file
/// Propagation in three dimensions, for cost volumes [N, L, D, H, W]: D disparities, planes or frames.

namespace hyspn::propagation {

/// Read by forward and backward of a volume.
template <class T, class M = memory::host>
struct volume_inputs {
    view<T const, 5, M> initial{};     ///< h0 [N, L, D, H, W]
    view<T const, 5, M> gates{};       ///< raw gates [N, k³ - 1, D, H, W], shared by the L maps
    view<T const, 5, M> measured{};    ///< s [N, L, D, H, W], or [N, 1, D, H, W] for all maps; NaN too where β is 0
    view<T const, 5, M> confidence{};  ///< β [N, 1, D, H, W] in [0, 1]
};

/// Written by backward, in the shapes of volume_inputs; a gradient left empty is not wanted.
template <class T, class M = memory::host>
struct volume_gradients {
    view<T, 5, M> initial{};
    view<T, 5, M> gates{};
    view<T, 5, M> measured{};
    view<T, 5, M> confidence{};
};

/// What forward leaves for backward: the folded weights [N, K, D, H, W] (empty where the gates serve as they are), and
/// x_0 ... x_{T-1}, their rows between gaps of zeros: a row of W takes W rounded up to a multiple of 16, and 32 more.
template <class T, class M = memory::host>
struct volume_saved {
    tensor<T, 5, M> taps{};
    tensor<T, 6, M> iterates{};
    index_t width = 0;  ///< of a row without gaps
};

/// A spatial propagation network over a k x k x k window: those axes of axes.hpp that say something voxel by voxel.
/// Gates are owned by the destination; a neighbour outside the volume has value 0. Steps, letters and formulas are
/// those of stencil, with d_k in three dimensions.
struct volume {
    index_t kernel = 3;                                     ///< odd, at least 3; 3 and 5 run by rows
    index_t steps = 24;                                     ///< T, at least 0
    channel_order order = channel_order::natural;           ///< row-major (z, y, x), or that reversed
    gate_normaliser normaliser = gate_normaliser::abs_sum;  ///< abs_sum, abs_sum_clamped, softmax or none
    double epsilon = 0;                                     ///< at least 0, added to Σ|g|
    centre_term centre = centre_term::anchor;               ///< anchor or none
    injection_time injection = injection_time::none;        ///< none or after

    /// K = k³ - 1.
    index_t gates() const { return neighbours().count(); }
    hyspn::detail::volume_neighbours neighbours() const { return {kernel, order == channel_order::flipped}; }

    friend constexpr bool operator==(volume const&, volume const&) = default;

    /// x_T [N, L, D, H, W] of h0, the gates and, unless injection is none, the confidence and the measurements.
    /// O(T K) operations per voxel and map; scratch: two maps with gaps (volume_saved), and the taps where gates do not
    /// serve as they are. The same bits for any number of threads. Throws shape_error, value_error.
    template <execution_policy P, class T>
    tensor<T, 5, typename P::memory_space> forward(P const& exec,
                                                   volume_inputs<T, typename P::memory_space> const& in) const
    {
        tensor<T, 5, typename P::memory_space> out(in.initial.extents());
        forward(exec, in, out);
        return out;
    }

    /// The same into an array of the caller, which must not overlap the inputs.
    template <execution_policy P, class T, view_of_rank<5> Y>
    void forward(P const& exec, volume_inputs<T, typename P::memory_space> const& in, Y&& out) const;

    /// The same for training: fills `kept` for backward.
    template <execution_policy P, class T, view_of_rank<5> Y>
    void forward(P const& exec, volume_inputs<T, typename P::memory_space> const& in, Y&& out,
                 volume_saved<T, typename P::memory_space>& kept) const;

    /// Writes the gradients asked for, given dout = dL/dx_T and what the training forward of the same inputs kept.
    /// Scratch: a copy of the K gate maps with gaps, their gradients where gates do not serve as they are, and some
    /// maps. Throws as forward does.
    template <execution_policy P, class T, view_of_rank<5> Y>
    void backward(P const& exec, volume_inputs<T, typename P::memory_space> const& in,
                  volume_saved<T, typename P::memory_space> const& kept, Y const& dout,
                  volume_gradients<T, typename P::memory_space> const& d) const;
};

namespace presets {

/// The CSPN operator of PaddlePaddle in 3-D, for stereo (Cheng, Wang, Yang: Learning Depth with CSPN, TPAMI 2019):
/// gates are given normalised, nothing at the centre, nothing injected.
inline constexpr volume paddle_cspn_3d{
    .steps = 24, .order = channel_order::flipped, .normaliser = gate_normaliser::none, .centre = centre_term::none};

}  // namespace presets
}  // namespace hyspn::propagation

namespace hyspn::detail {

inline void require_options(char const* function, propagation::volume const& o)
{
    auto const real = [](auto i) { return static_cast<double>(i); };
    require_value(o.kernel >= 3 && o.kernel % 2 == 1, function, "kernel", "odd and at least 3", real(o.kernel));
    require_value(o.steps >= 0, function, "steps", "at least 0", real(o.steps));
    require_value(o.epsilon >= 0 && std::isfinite(o.epsilon), function, "epsilon", "finite and at least 0", o.epsilon);
    bool const known = o.normaliser == gate_normaliser::abs_sum || o.normaliser == gate_normaliser::abs_sum_clamped ||
                       o.normaliser == gate_normaliser::softmax || o.normaliser == gate_normaliser::none;
    require_value(known, function, "normaliser", "abs_sum, abs_sum_clamped, softmax or none", real(o.normaliser));
    require_value(o.centre == centre_term::anchor || o.centre == centre_term::none, function, "centre",
                  "anchor or none", real(o.centre));
    require_value(o.injection != propagation::injection_time::before, function, "injection", "none or after",
                  real(o.injection));
}

/// [N, channels, D, H, W] of a volume.
template <class T, class M>
dims<5> with_channels(view<T, 5, M> const& map, index_t channels)
{
    return {map.extent(0), channels, map.extent(2), map.extent(3), map.extent(4)};
}

template <class T, class M>
void require_inputs(char const* function, propagation::volume const& o, propagation::volume_inputs<T, M> const& in)
{
    using propagation::present;
    require_shape(function, "gates", "[N, k^3 - 1, D, H, W]", in.gates.extents(), with_channels(in.initial, o.gates()));
    if (o.injection == propagation::injection_time::none) {
        if (present(in.confidence) || present(in.measured))
            raise<shape_error>(function, "measured and confidence", "absent when injection is none", "an array");
        return;
    }
    require_shape(function, "confidence", "[N, 1, D, H, W]", in.confidence.extents(), with_channels(in.initial, 1));
    if (in.measured.extents() != with_channels(in.initial, 1))
        require_shape(function, "measured", "[N, L or 1, D, H, W]", in.measured.extents(), in.initial.extents());
}

template <class T, class M>
void require_gradients(char const* function, propagation::volume_inputs<T, M> const& in,
                       propagation::volume_gradients<T, M> const& d)
{
    require_gradient_shape(function, "initial", d.initial, in.initial);
    require_gradient_shape(function, "gates", d.gates, in.gates);
    require_gradient_shape(function, "measured", d.measured, in.measured);
    require_gradient_shape(function, "confidence", d.confidence, in.confidence);
}

/// Whether gates are the taps, and nothing is added to the sum.
inline bool gates_are_taps(propagation::volume const& o)
{
    return o.normaliser == gate_normaliser::none && o.centre == centre_term::none &&
           o.injection == propagation::injection_time::none;
}

/// Folding looks at one voxel only, so slice by slice it is that of the plane. Of the window it asks but the number of
/// gates, and that the pixel itself is not among them: any window of at least as many neighbours will do.
inline propagation::stencil axes_of_slice(propagation::volume const& o)
{
    propagation::stencil axes{
        .kernel = 3, .normaliser = o.normaliser, .epsilon = o.epsilon, .centre = o.centre, .injection = o.injection};
    while (axes.gates() < o.gates()) axes.kernel += 2;
    return axes;
}

/// Slice z of [N, C, D, H, W]; absent stays absent.
template <class T, class M>
view<T, 4, M> slice_of(view<T, 5, M> const& v, index_t z)
{
    if (!v.data_handle()) return {};
    return {v.data_handle() + z * v.stride(2),
            {v.extent(0), v.extent(1), v.extent(3), v.extent(4)},
            {v.stride(0), v.stride(1), v.stride(3), v.stride(4)}};
}

template <class T, class M>
propagation::inputs<T, M> slice_of(propagation::volume_inputs<T, M> const& in, index_t z)
{
    return {.initial = slice_of(in.initial, z),
            .gates = slice_of(in.gates, z),
            .measured = slice_of(in.measured, z),
            .confidence = slice_of(in.confidence, z)};
}

/// Through gapped maps from h0 to out; with `keep` they hold x_0 ... x_{T-1} afterwards.
template <execution_policy P, class T, class M>
void forward_volume(P const& exec, propagation::volume const& o, propagation::volume_inputs<T, M> const& in,
                    view<T, 6, M> maps, bool keep, tensor<T, 5, M>& folded, view<T, 5, M> out)
{
    if (in.initial.size() == 0) return;
    if (o.steps == 0) return dispatch(exec, volume_assign_op<T, M>{in.initial, out});
    volume_iterate_op<T, M> steps{o.neighbours(), o.steps, in.gates, {}, in.initial, maps, keep, out};
    if (gates_are_taps(o)) return dispatch(exec, steps);
    tensor<T, 5, M> bias(in.initial.extents());
    fit(folded, in.gates.extents());
    for (index_t z = 0; z < in.initial.extent(2); ++z)
        prepare_stencil(exec, stencil_prepare_op<T, M>{axes_of_slice(o), slice_of(in, z), slice_of(as_view(folded), z),
                                                       slice_of(as_view(bias), z)});
    steps.taps = as_view(folded);
    steps.bias = as_view(bias);
    dispatch(exec, steps);
}

/// Adjoint of the steps. Writes dinitial (the part of x_0), adds to dtaps; adds to dbias, if that has data.
template <class T, class M>
struct volume_iterate_adjoint {
    volume_neighbours neighbours;
    index_t steps;
    view<T const, 5, M> taps;      ///< gapped
    view<T const, 6, M> iterates;  ///< x_0 ... x_{T-1}, gapped
    view<T const, 5, M> dout;
    view<T, 5, M> dinitial, dtaps, dbias;
};

/// Elements first, first - 1, ... of the first index.
template <class T, class M>
view<T, 6, M> descending(view<T, 6, M> const& v, index_t first, index_t count)
{
    dims<6> extents = v.extents(), strides = v.strides();
    extents[0] = count;
    strides[0] = -strides[0];
    return {v[first].data_handle(), extents, strides};
}

/// λ_{t-1} = Cᵀ λ_t, a few adjoints at a time where maps are few: dtaps is then touched once for all of them.
template <execution_policy P, class T, class M>
void run_adjoint(P const& exec, volume_iterate_adjoint<T, M> const& op)
{
    if (op.steps == 0) return dispatch(exec, volume_assign_op<T, M>{op.dout, op.dinitial});
    index_t const group = std::clamp<index_t>(32 / op.dout.extent(1), 1, 8), width = op.dout.extent(4);
    tensor<T, 6, M> storage(gapped_extents(op.dout, group + 1));
    auto const lambdas = volumes_of(as_view(storage), width);
    dispatch(exec, volume_assign_op<T, M>{op.dout, lambdas[0]});
    for (index_t t = op.steps; t > 0;) {
        // lambdas[i] is λ_{t-i}, and belongs to the step from x_{t-i-1}.
        index_t const count = std::min(group, t);
        for (index_t i = 1; i <= count; ++i)
            dispatch(exec, volume_transposed_op<T, M>{op.neighbours, op.taps, lambdas[i - 1],
                                                      t == i ? op.dinitial : lambdas[i]});
        auto used = lambdas;
        dims<6> extents = used.extents();
        extents[0] = count;
        used = {lambdas.data_handle(), extents, lambdas.strides()};
        dispatch(exec,
                 volume_taps_gradient_op<T, M>{op.neighbours, used, descending(op.iterates, t - 1, count), op.dtaps});
        if (op.dbias.data_handle())
            for (index_t i = 0; i < count; ++i) dispatch(exec, volume_assign_op<T, M>{lambdas[i], op.dbias, true});
        t -= count;
        if (t > 0) dispatch(exec, volume_assign_op<T, M>{lambdas[count], lambdas[0]});
    }
}

/// Gradients with scratch where the caller wants none.
template <class T, class M>
class complete_volume_gradients {
public:
    complete_volume_gradients(propagation::volume_inputs<T, M> const& in,
                              propagation::volume_gradients<T, M> const& wanted)
        : all(wanted)
    {
        fill(all.initial, initial_, in.initial);
        fill(all.gates, gates_, in.gates);
        fill(all.measured, measured_, in.measured);
        fill(all.confidence, confidence_, in.confidence);
    }

    propagation::volume_gradients<T, M> all;

private:
    static void fill(view<T, 5, M>& gradient, tensor<T, 5, M>& scratch, view<T const, 5, M> const& input)
    {
        if (propagation::present(gradient)) return;
        scratch = tensor<T, 5, M>(input.extents());
        gradient = as_view(scratch);
    }

    tensor<T, 5, M> initial_{}, gates_{}, measured_{}, confidence_{};
};

/// Those of a volume without maps.
template <execution_policy P, class T, class M>
void clear_gradients(P const& exec, propagation::volume_gradients<T, M> const& d)
{
    auto const clear = [&](view<T, 5, M> const& gradient) {
        if (gradient.data_handle()) dispatch(exec, volume_assign_op<T, M>{{}, gradient});
    };
    clear(d.initial);
    clear(d.gates);
    clear(d.measured);
    clear(d.confidence);
}

/// From dtaps (consumed) and dbias to the gradients of the inputs, slice by slice.
template <execution_policy P, class T, class M>
void unfold_volume(P const& exec, propagation::volume const& o, propagation::volume_inputs<T, M> const& in,
                   view<T, 5, M> dtaps, view<T const, 5, M> dbias, propagation::volume_gradients<T, M> const& d)
{
    for (index_t z = 0; z < in.initial.extent(2); ++z)
        unfold_stencil(exec, stencil_prepare_adjoint_op<T, M>{axes_of_slice(o),
                                                              slice_of(in, z),
                                                              slice_of(dtaps, z),
                                                              slice_of(dbias, z),
                                                              {.initial = slice_of(d.initial, z),
                                                               .gates = slice_of(d.gates, z),
                                                               .measured = slice_of(d.measured, z),
                                                               .confidence = slice_of(d.confidence, z)}});
}

}  // namespace hyspn::detail

namespace hyspn::propagation {

template <execution_policy P, class T, view_of_rank<5> Y>
void volume::forward(P const& exec, volume_inputs<T, typename P::memory_space> const& in, Y&& out) const
{
    using M = typename P::memory_space;
    char const* const name = "volume::forward";
    hyspn::detail::require_options(name, *this);
    hyspn::detail::require_inputs(name, *this, in);
    view<T, 5, M> const to = as_view(out);
    hyspn::detail::require_shape(name, "out", "[N, L, D, H, W]", to.extents(), in.initial.extents());
    tensor<T, 6, M> maps(hyspn::detail::gapped_extents(in.initial, std::min<index_t>(steps, 2)));
    tensor<T, 5, M> folded;
    hyspn::detail::forward_volume(exec, *this, in, hyspn::detail::volumes_of(as_view(maps), in.initial.extent(4)),
                                  false, folded, to);
}

template <execution_policy P, class T, view_of_rank<5> Y>
void volume::forward(P const& exec, volume_inputs<T, typename P::memory_space> const& in, Y&& out,
                     volume_saved<T, typename P::memory_space>& kept) const
{
    using M = typename P::memory_space;
    char const* const name = "volume::forward";
    hyspn::detail::require_options(name, *this);
    hyspn::detail::require_inputs(name, *this, in);
    view<T, 5, M> const to = as_view(out);
    hyspn::detail::require_shape(name, "out", "[N, L, D, H, W]", to.extents(), in.initial.extents());
    dims<6> const extents = hyspn::detail::gapped_extents(in.initial, steps);
    // Rows of another width would have left something in the gaps.
    if (!(kept.iterates.extents() == extents) || kept.width != in.initial.extent(4))
        kept.iterates = tensor<T, 6, M>(extents);
    kept.width = in.initial.extent(4);
    hyspn::detail::forward_volume(exec, *this, in, hyspn::detail::volumes_of(as_view(kept.iterates), kept.width), true,
                                  kept.taps, to);
}

template <execution_policy P, class T, view_of_rank<5> Y>
void volume::backward(P const& exec, volume_inputs<T, typename P::memory_space> const& in,
                      volume_saved<T, typename P::memory_space> const& kept, Y const& dout,
                      volume_gradients<T, typename P::memory_space> const& d) const
{
    using M = typename P::memory_space;
    char const* const name = "volume::backward";
    hyspn::detail::require_options(name, *this);
    hyspn::detail::require_inputs(name, *this, in);
    hyspn::detail::require_gradients(name, in, d);
    view<T const, 5, M> const lambda = as_const(dout);
    hyspn::detail::require_shape(name, "dout", "[N, L, D, H, W]", lambda.extents(), in.initial.extents());
    hyspn::detail::require_shape(name, "kept.iterates", "[T, N, L, D, H, W with gaps]", kept.iterates.extents(),
                                 hyspn::detail::gapped_extents(in.initial, steps));
    hyspn::detail::require_value(kept.width == in.initial.extent(4), name, "kept.width", "the width of the inputs",
                                 static_cast<double>(kept.width));
    bool const plain = hyspn::detail::gates_are_taps(*this);
    if (!plain && steps > 0)
        hyspn::detail::require_shape(name, "kept.taps", "[N, k^3 - 1, D, H, W]", kept.taps.extents(),
                                     in.gates.extents());
    if (in.initial.size() == 0) return hyspn::detail::clear_gradients(exec, d);

    hyspn::detail::complete_volume_gradients<T, M> const complete(in, d);
    index_t const width = in.initial.extent(4);
    tensor<T, 6, M> gapped(hyspn::detail::gapped_extents(in.gates, 1));
    auto const taps = hyspn::detail::volumes_of(as_view(gapped), width)[0];
    dispatch(exec, hyspn::detail::volume_assign_op<T, M>{plain ? in.gates : as_const(kept.taps), taps});
    tensor<T, 5, M> dtaps, dbias;
    if (!plain) {
        dtaps = tensor<T, 5, M>(in.gates.extents());
        dbias = tensor<T, 5, M>(in.initial.extents());
    }
    hyspn::detail::volume_iterate_adjoint<T, M> const steps_back{
        neighbours(),
        steps,
        taps,
        hyspn::detail::volumes_of(as_const(kept.iterates), width),
        lambda,
        complete.all.initial,
        plain ? complete.all.gates : as_view(dtaps),
        as_view(dbias)};
    dispatch(exec, hyspn::detail::volume_assign_op<T, M>{{}, steps_back.dtaps});
    hyspn::detail::run_adjoint(exec, steps_back);
    if (!plain)
        hyspn::detail::unfold_volume(exec, *this, in, as_view(dtaps), view<T const, 5, M>(as_view(dbias)),
                                     complete.all);
}

}  // namespace hyspn::propagation
