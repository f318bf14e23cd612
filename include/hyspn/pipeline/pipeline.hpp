// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <string>
#include <utility>

#include <hyspn/core/leaf.hpp>
#include <hyspn/core/random.hpp>
#include <hyspn/nn/maps.hpp>
#include <hyspn/pipeline/detail/heads.hpp>
#include <hyspn/pipeline/stage.hpp>
#include <hyspn/pipeline/start.hpp>

/// \file
/// Guidance, affinity and propagation as one network.

namespace hyspn {

/// Read by a pipeline. N images of H × W pixels.
template <class T, class M = memory::host>
struct pipeline_inputs {
    view<T const, 4, M> image{};     ///< what the guidance reads [N, C, H, W]: colours, and what else it knows
    view<T const, 4, M> maps{};      ///< what propagation starts from [N, start.inputs(), H, W]
    view<T const, 4, M> measured{};  ///< [N, 1 or L, H, W]; with mask, or absent; NaN too where the mask is 0
    view<T const, 4, M> mask{};      ///< [N, 1, H, W] in [0, 1]
};

/// A whole network from value types, trained and run end to end:
///
///     image ─ guidance ─┬─ features ─ affinity ─ gates ─┐
///                       ├─ confidence ──────────────────┤
///                       ├─ side: offsets, attention … ──┼─ propagation ─ out [N, L, H, W]
///                       └─ start channels ─ start ─ h0 ─┘
///                                   maps ───┘
///
///     hyspn::pipeline const net{.guidance = nn::guidance_unet{.inputs = 13, .width = 16},
///                               .affinity = affinity::hyperbolic{.kernel = 3},
///                               .propagation = propagation::presets::cspn{.steps = 12},
///                               .start = start::mixture{.candidates = 6}};
///     auto p = net.make_params<float>(seed);
///     net.forward(exec, p, in, out);
///
/// The number of outputs of the guidance and of the affinity is what the other parts need: what their members say does
/// not count. Any layer serves as guidance that has the members of nn::guidance_unet (backward gets a dx without
/// elements), any affinity with the calls of affinity::hyperbolic, any network with an as_stage (stage.hpp).
///
/// After Park et al., Learning Affinity with Hyperbolic Representation for Spatial Propagation (ICML 2023).
template <class Guidance, class Affinity, class Propagation, class Start = start::given>
struct pipeline {
    Guidance guidance{};
    Affinity affinity{};
    Propagation propagation{};
    Start start{};
    index_t features = 16;   ///< channels of the features that the affinity reads
    bool confidence = true;  ///< whether the guidance says how sure the measurements are

    /// Of the confidence before its sigmoid: measurements are trusted until training says otherwise.
    static constexpr double confidence_bias = 2;

    using stage_type = decltype(as_stage(std::declval<Propagation const&>()));

    /// Learned values; each part has its own.
    template <class T, class M = memory::host>
    struct params {
        typename Guidance::template params<T, M> guidance{};
        typename Affinity::template params<T, M> affinity{};
        typename stage_type::template params<T, M> propagation{};

        /// Calls f(name, leaf) with names that begin with "guidance.", "affinity." and "propagation.".
        template <class Self, class F>
            requires std::same_as<std::remove_const_t<Self>, params>
        friend void for_each_leaf(Self& p, F&& f)
        {
            for_each_leaf(p.guidance, with_prefix("guidance", f));
            for_each_leaf(p.affinity, with_prefix("affinity", f));
            for_each_leaf(p.propagation, with_prefix("propagation", f));
        }
        /// The same for running averages, of a guidance that has them.
        template <class Self, class F>
            requires std::same_as<std::remove_const_t<Self>, params> && requires(Self& p, F& f)
            {
                for_each_buffer(p.guidance, f);
            }
        friend void for_each_buffer(Self& p, F&& f) { for_each_buffer(p.guidance, with_prefix("guidance", f)); }
    };

    /// What forward leaves for backward.
    template <class T, class M = memory::host>
    struct saved {
        typename Guidance::template saved<T, M> guidance{};
        typename Affinity::template saved<T, M> affinity{};
        typename stage_type::template saved<T, M> propagation{};
        tensor<T, 4, M> heads{}, confidence{}, initial{}, gates{};
    };

    /// L, maps propagated.
    index_t maps() const { return start.outputs(); }

    /// Channels of the guidance: features, start, confidence, side, in this order.
    index_t heads() const { return features + start.channels() + (confidence ? 1 : 0) + stage().side(maps()); }

    /// Random parameters: the guidance's own beginning, and affinity weights of a size that keeps the gates near 1.
    /// The same seed gives the same bits.
    template <class T>
    params<T> make_params(std::uint64_t seed) const
    {
        random_stream random(seed);
        params<T> p{guide().template make_params<T>(random.bits()), affine().template make_params<T>(features),
                    stage().template make_params<T>()};
        for_each_leaf(p.affinity, detail::random_weights<T>{random});
        return p;
    }

    /// Gradients of the same shape, all zero, for backward to add to.
    template <class T>
    static params<T> zero_gradients(params<T> p)
    {
        for_each_leaf(p, detail::zero_leaf{});
        return p;
    }

    /// Writes the propagated maps to `out` [N, L, H, W]; keeps nothing. Throws shape_error, value_error.
    template <execution_policy P, class T, class M, view_of_rank<4> Y>
        requires same_space<P, Y>
    void forward(P const& exec, params<T, M> const& p, pipeline_inputs<T, M> const& in, Y&& out) const
    {
        require_call("pipeline::forward", in, as_const(out).extents(), "out");
        auto const heads = guide().forward(exec, p.guidance, in.image);
        saved<T, M> s;
        prepare(exec, in, as_const(heads), s);
        affine().forward(exec, p.affinity, head(as_const(heads), 0, features), s.gates);
        stage().forward(exec, p.propagation, stage_arrays(in, as_const(heads), s), as_view(out));
    }

    /// The same for training: fills `s` for backward.
    template <execution_policy P, class T, class M, view_of_rank<4> Y>
        requires same_space<P, Y>
    void forward(P const& exec, params<T, M> const& p, pipeline_inputs<T, M> const& in, Y&& out, saved<T, M>& s) const
    {
        require_call("pipeline::forward", in, as_const(out).extents(), "out");
        detail::fit(s.heads, with(in.image, heads()));
        guide().forward(exec, p.guidance, in.image, s.heads, s.guidance);
        prepare(exec, in, as_const(s.heads), s);
        affine().forward(exec, p.affinity, head(as_const(s.heads), 0, features), s.gates, s.affinity);
        stage().forward(exec, p.propagation, stage_arrays(in, as_const(s.heads), s), as_view(out), s.propagation);
    }

    /// Adds the gradient of every parameter to dp, given dout = dL/dout [N, L, H, W]. Throws shape_error, value_error.
    template <execution_policy P, class T, class M, view_of_rank<4> DY>
        requires same_space<P, DY>
    void backward(P const& exec, params<T, M> const& p, pipeline_inputs<T, M> const& in, saved<T, M> const& s,
                  DY const& dout, params<T, M>& dp) const
    {
        char const* const name = "pipeline::backward";
        require_call(name, in, as_const(dout).extents(), "dout");
        detail::require_shape(name, "saved.heads", "[N, heads(), H, W]", s.heads.extents(), with(in.image, heads()));
        tensor<T, 4, M> dheads(s.heads.extents()), dgates(s.gates.extents()), dinitial(s.initial.extents());
        auto const d = as_view(dheads);
        stage_gradients<T, M> const into{as_view(dinitial), as_view(dgates), side_of(d), confidence_of(d)};
        stage().backward(exec, p.propagation, stage_arrays(in, as_const(s.heads), s), s.propagation, as_const(dout),
                         into, dp.propagation);
        if (confidence) dispatch(exec, detail::sigmoid_adjoint_op<T, M>{as_const(s.confidence), into.confidence});
        detail::start_backward<P, T, M>(exec, start, in.maps, start_of(as_const(s.heads)), as_const(s.initial),
                                        as_const(dinitial), start_of(d));
        affine().backward(exec, p.affinity, head(as_const(s.heads), 0, features), s.affinity, dgates,
                          head(d, 0, features), dp.affinity);
        guide().backward(exec, p.guidance, in.image, s.guidance, dheads, view<T, 4, M>{}, dp.guidance);
    }

    /// Moves running averages, of a guidance that has them, towards what a training forward saw.
    template <execution_policy P, class T, class M>
    void update(P const& exec, saved<T, M> const& s, params<T, M>& p) const
    {
        if constexpr (requires { guidance.update(exec, s.guidance, p.guidance); })
            guide().update(exec, s.guidance, p.guidance);
    }

    /// The parts with the outputs that the others need.
    Guidance guide() const
    {
        auto part = guidance;
        part.outputs = heads();
        return part;
    }
    Affinity affine() const
    {
        auto part = affinity;
        part.outputs = stage().gates(maps());
        return part;
    }
    stage_type stage() const { return as_stage(propagation); }

private:
    template <class T, class M>
    static view<T, 4, M> head(view<T, 4, M> const& all, index_t first, index_t count)
    {
        return count == 0 ? view<T, 4, M>{} : nn::channel_range(all, first, count);
    }
    template <class T, class M>
    view<T, 4, M> start_of(view<T, 4, M> const& all) const
    {
        return head(all, features, start.channels());
    }
    template <class T, class M>
    view<T, 4, M> confidence_of(view<T, 4, M> const& all) const
    {
        return head(all, features + start.channels(), confidence ? 1 : 0);
    }
    template <class T, class M>
    view<T, 4, M> side_of(view<T, 4, M> const& all) const
    {
        index_t const count = stage().side(maps());
        return head(all, heads() - count, count);
    }

    template <class T, class M>
    static dims<4> with(view<T const, 4, M> const& image, index_t channels)
    {
        return {image.extent(0), channels, image.extent(2), image.extent(3)};
    }

    /// What lies between the guidance and the two last parts.
    template <execution_policy P, class T, class M>
    void prepare(P const& exec, pipeline_inputs<T, M> const& in, view<T const, 4, M> const& heads, saved<T, M>& s) const
    {
        detail::fit(s.initial, with(in.image, maps()));
        detail::fit(s.gates, with(in.image, stage().gates(maps())));
        detail::start_forward<P, T, M>(exec, start, in.maps, start_of(heads), as_view(s.initial));
        if (!confidence) return;
        detail::fit(s.confidence, with(in.image, 1));
        dispatch(exec, detail::biased_sigmoid_op<T, M>{static_cast<T>(confidence_bias), confidence_of(heads),
                                                       as_view(s.confidence)});
    }

    template <class T, class M>
    stage_inputs<T, M> stage_arrays(pipeline_inputs<T, M> const& in, view<T const, 4, M> const& heads,
                                    saved<T, M> const& s) const
    {
        stage_inputs<T, M> arrays{.initial = as_const(s.initial),
                                  .gates = as_const(s.gates),
                                  .side = side_of(heads),
                                  .measured = in.measured,
                                  .mask = in.mask};
        if (confidence) arrays.confidence = as_const(s.confidence);
        return arrays;
    }

    template <class T, class M>
    void require_call(char const* name, pipeline_inputs<T, M> const& in, dims<4> const& result,
                      char const* result_name) const
    {
        using detail::require_shape;
        detail::require_value(features >= 1, name, "features", "at least 1", static_cast<double>(features));
        require_shape(name, "maps", "[N, start.inputs(), H, W]", in.maps.extents(), with(in.image, start.inputs()));
        require_shape(name, result_name, "[N, L, H, W]", result, with(in.image, maps()));
        if (!propagation::present(in.mask) && !propagation::present(in.measured)) return;
        require_shape(name, "mask", "[N, 1, H, W]", in.mask.extents(), with(in.image, 1));
        if (in.measured.extents() != with(in.image, 1))
            require_shape(name, "measured", "[N, 1 or L, H, W]", in.measured.extents(), with(in.image, maps()));
    }
};

}  // namespace hyspn
