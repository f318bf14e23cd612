// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/core/parameters.hpp>
#include <hyspn/exec/pixel_sums.hpp>
#include <hyspn/propagation/diffusion.hpp>
#include <hyspn/propagation/pair_affinity.hpp>
#include <hyspn/propagation/window_walk.hpp>

/// \file
/// Random walks over the pixels within a radius. In the axes they are steps without anchor or injection, the centre in
/// the set, gates owned by the destination and divided by their sum; only the affinities differ:
/// - random walk network (Bertasius et al., CVPR 2017): W_pq = exp(Σ_c θ_c |f_c(p) - f_c(q)|), A = D⁻¹ W, and
///   y = A^steps x or the walk with restart in closed form, y = (1 - α)(I - αA)⁻¹ x;
/// - AffinityNet (PSA; Ahn, Kwak, CVPR 2018): a_pq = exp(-mean_c |f_c(p) - f_c(q)|), T_pq = a_pq^β / Σ_p' a_p'q^β, maps
///   times T^(2^8);
/// - IRN (irn_walk.hpp; Ahn, Cho, Kwak, CVPR 2019): a_pq = 1 - the greatest edge on the straight way, then the same.
/// The latter two square a dense matrix eight times; here 2^8 steps of the sparse one are taken, which is the same
/// product in exact arithmetic and differs by rounding alone: in float a pixel's weights sum to 1 within some 1e-6,
/// which 256 steps make 2e-4. A product of maps (rows) with a matrix of unit columns weighs at the destination, so all
/// values are means.

namespace hyspn::propagation {

/// Read by random_walk, random_walk_closed and psa_walk.
template <class T, class M = memory::host>
struct random_walk_inputs {
    view<T const, 4, M> x{};         ///< [N, L, H, W]
    view<T const, 4, M> features{};  ///< f [N, C, H, W], all groups one after another
    view<T const, 1, M> theta{};     ///< [C], not of psa_walk; negative where difference parts
};

/// Written by backward, in the shapes of the inputs; what is left empty is not wanted.
template <class T, class M = memory::host>
struct random_walk_gradients {
    view<T, 4, M> x{};
    view<T, 4, M> features{};
    view<T, 1, M> theta{};
    T* alpha = nullptr;  ///< host memory; of random_walk_closed
};

/// What forward leaves for backward: affinities [N, K, H, W] before they are divided, and what the engine kept (of T
/// steps, T - 1 maps).
template <class T, class M = memory::host>
struct random_walk_saved {
    tensor<T, 4, M> gates{};
    saved<T, M> walk{};
};

}  // namespace hyspn::propagation

namespace hyspn::detail {

/// A walk on gates divided by their sum: logits, or the affinities themselves.
inline propagation::stencil walk_axes(pair_window const& window, bool logits, index_t steps)
{
    return {.kernel = window.neighbours().kernel,
            .steps = steps,
            .normaliser = logits ? gate_normaliser::softmax_present : gate_normaliser::abs_sum,
            .centre = centre_term::in_set};
}

/// The affinities of differences of features, and their gradients.
template <class T, class M>
class feature_pairs {
public:
    feature_pairs(pair_window const& window, double scale, propagation::random_walk_inputs<T, M> const& in)
        : in_(in), op_{window, window.neighbours(), static_cast<T>(scale), in.features, in.theta, {}}
    {
    }

    template <execution_policy P>
    void gates(P const& exec, tensor<T, 4, M>& to) const
    {
        fit(to, extents());
        auto op = op_;
        op.gates = as_view(to);
        dispatch(exec, op);
    }

    template <execution_policy P>
    void adjoint(P const& exec, tensor<T, 4, M> const& dgates, propagation::random_walk_gradients<T, M> const& d) const
    {
        bool const wants_theta = propagation::present(d.theta), wants_features = propagation::present(d.features);
        if (!wants_theta && !wants_features) return;
        tensor<T, 4, M> terms(wants_theta ? in_.features.extents() : dims<4>{});
        dispatch(exec, pair_logits_adjoint_op<T, M>{op_, as_const(dgates), d.features,
                                                    wants_theta ? as_view(terms) : view<T, 4, M>{}});
        if (wants_theta) sum_planes(exec, as_const(terms), false, d.theta);
    }

    dims<4> extents() const { return with_channels(in_.x, op_.neighbours.count()); }

private:
    propagation::random_walk_inputs<T, M> in_;
    pair_logits_op<T, M> op_;
};

/// Checks what all walks have in common: one more array of a shape of its own besides x.
template <class T, class M>
void require_walk_inputs(char const* name, propagation::random_walk_inputs<T, M> const& in, bool with_theta)
{
    require_shape(name, "features", "[N, C, H, W]", in.features.extents(), with_channels(in.x, in.features.extent(1)));
    if (with_theta) require_shape(name, "theta", "[C]", in.theta.extents(), dims<1>{in.features.extent(1)});
    if (!with_theta && propagation::present(in.theta)) raise<shape_error>(name, "theta", "absent", "an array");
}

template <class T, class M>
void require_walk_gradients(char const* name, propagation::random_walk_inputs<T, M> const& in,
                            propagation::random_walk_gradients<T, M> const& d)
{
    require_gradient_shape(name, "x", d.x, in.x);
    require_gradient_shape(name, "features", d.features, in.features);
    require_gradient_shape(name, "theta", d.theta, in.theta);
}

/// What backward reads besides the inputs, in the name of the walk whose axes these are.
template <class T, class M>
void require_walked(char const* name, propagation::stencil const& axes, propagation::inputs<T, M> const& engine,
                    propagation::saved<T, M> const& kept, view<T const, 4, M> const& dout)
{
    require_shape(name, "kept.gates", "[N, K, H, W]", engine.gates.extents(),
                  with_channels(engine.initial, axes.gates()));
    require_kept(name, axes, engine, kept);
    require_shape(name, "dout", "[N, L, H, W]", dout.extents(), engine.initial.extents());
}

/// Pairs at a distance of at most the radius.
inline pair_window window_within(double radius)
{
    return {static_cast<index_t>(std::floor(radius * radius))};
}

/// Radii up to which windows are sensible; 2^30 steps would not end.
inline void require_walk(char const* name, double radius, double least_radius)
{
    require_value(radius >= least_radius && radius <= 1000, name, "radius",
                  "between " + to_text(least_radius) + " and 1000", radius);
}

inline index_t steps_of_squarings(char const* name, index_t times)
{
    require_value(times >= 0 && times <= 20, name, "times", "between 0 and 20", static_cast<double>(times));
    return index_t{1} << times;
}

}  // namespace hyspn::detail

namespace hyspn::propagation::presets {

/// Steps of the random walk network. The paper trains with one; the radius's default is ours. Memory and time are those
/// of a stencil over the window.
struct random_walk {
    double radius = 5;  ///< pairs at a distance of at most this; that of psa_walk and irn_walk is the first too far
    index_t steps = 1;  ///< at least 0

    friend constexpr bool operator==(random_walk const&, random_walk const&) = default;

    /// A^steps x [N, L, H, W]. Throws shape_error, value_error.
    template <execution_policy P, class T>
    tensor<T, 4, typename P::memory_space> forward(P const& exec,
                                                   random_walk_inputs<T, typename P::memory_space> const& in) const
    {
        tensor<T, 4, typename P::memory_space> out(in.x.extents());
        forward(exec, in, out);
        return out;
    }

    /// Writes it to `out` [N, L, H, W] and fills `kept` for backward. Throws as above.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void forward(P const& exec, random_walk_inputs<T, typename P::memory_space> const& in, Y&& out,
                 random_walk_saved<T, typename P::memory_space>& kept) const
    {
        auto const affinity = pairs("random_walk::forward", in);
        require_out(in, out);
        affinity.gates(exec, kept.gates);
        axes().forward(exec, engine(in, kept.gates), out, kept.walk);
    }

    /// The same for inference: keeps nothing. Throws as above.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void forward(P const& exec, random_walk_inputs<T, typename P::memory_space> const& in, Y&& out) const
    {
        tensor<T, 4, typename P::memory_space> gates;
        auto const affinity = pairs("random_walk::forward", in);
        require_out(in, out);
        affinity.gates(exec, gates);
        axes().forward(exec, engine(in, gates), out);
    }

    /// Writes the gradients asked for, given dout [N, L, H, W] and what the training forward of the same inputs kept.
    /// |f_c(p) - f_c(q)| has gradient 0 at 0. Throws as forward does.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void backward(P const& exec, random_walk_inputs<T, typename P::memory_space> const& in,
                  random_walk_saved<T, typename P::memory_space> const& kept, Y const& dout,
                  random_walk_gradients<T, typename P::memory_space> const& d) const
    {
        char const* const name = "random_walk::backward";
        auto const affinity = pairs(name, in);
        hyspn::detail::require_walk_gradients(name, in, d);
        hyspn::detail::require_walked(name, axes(), engine(in, kept.gates), kept.walk, as_const(dout));
        tensor<T, 4, typename P::memory_space> dgates(affinity.extents());
        axes().backward(exec, engine(in, kept.gates), kept.walk, dout, {.initial = d.x, .gates = as_view(dgates)});
        affinity.adjoint(exec, dgates, d);
    }

    /// The axes; the engine wants the affinities' logarithms as gates.
    stencil axes() const { return hyspn::detail::walk_axes(window(), true, steps); }

private:
    hyspn::detail::pair_window window() const { return hyspn::detail::window_within(radius); }

    template <class T, class M>
    hyspn::detail::feature_pairs<T, M> pairs(char const* name, random_walk_inputs<T, M> const& in) const
    {
        hyspn::detail::require_walk(name, radius, 0);
        hyspn::detail::require_value(steps >= 0, name, "steps", "at least 0", static_cast<double>(steps));
        hyspn::detail::require_walk_inputs(name, in, true);
        return {window(), 1, in};
    }

    template <class T, class M, class Y>
    static void require_out(random_walk_inputs<T, M> const& in, Y const& out)
    {
        hyspn::detail::require_shape("random_walk::forward", "out", "[N, L, H, W]", as_const(out).extents(),
                                     in.x.extents());
    }

    template <class T, class M>
    static inputs<T, M> engine(random_walk_inputs<T, M> const& in, tensor<T, 4, M> const& gates)
    {
        return {.initial = in.x, .gates = gates};
    }
};

/// The random walk network's closed form, y = (1 - α)(I - αA)⁻¹ x: diffusion_fixed_point on these affinities, whose α
/// is 1 - this one. The defaults are ours.
struct random_walk_closed {
    double radius = 5;   ///< pairs at a distance of at most this
    double alpha = 0.9;  ///< the chance to walk on, in [0, 1)
    double tolerance = 1e-6;
    index_t max_iterations = 1000;

    friend constexpr bool operator==(random_walk_closed const&, random_walk_closed const&) = default;

    /// Writes y to `out` [N, L, H, W] and fills `kept` for backward. Throws as diffusion_fixed_point does.
    template <execution_policy P, class T, view_of_rank<4> Y>
    solver_report forward(P const& exec, random_walk_inputs<T, typename P::memory_space> const& in, Y&& out,
                          random_walk_saved<T, typename P::memory_space>& kept) const
    {
        pairs("random_walk_closed::forward", in).gates(exec, kept.gates);
        return solver().forward(exec, engine(in, kept.gates), out, kept.walk);
    }

    /// The same for inference: the solution alone. Throws as above.
    template <execution_policy P, class T, view_of_rank<4> Y>
    solver_report forward(P const& exec, random_walk_inputs<T, typename P::memory_space> const& in, Y&& out) const
    {
        random_walk_saved<T, typename P::memory_space> kept;
        return forward(exec, in, out, kept);
    }

    /// Writes the gradients asked for (dL/dα to its address), given dout [N, L, H, W] and what the training forward of
    /// the same inputs kept: one transposed solve. Throws as diffusion_fixed_point does.
    template <execution_policy P, class T, view_of_rank<4> Y>
    solver_report backward(P const& exec, random_walk_inputs<T, typename P::memory_space> const& in,
                           random_walk_saved<T, typename P::memory_space> const& kept, Y const& dout,
                           random_walk_gradients<T, typename P::memory_space> const& d) const
    {
        char const* const name = "random_walk_closed::backward";
        auto const affinity = pairs(name, in);
        hyspn::detail::require_walk_gradients(name, in, d);
        tensor<T, 4, typename P::memory_space> dgates(affinity.extents());
        auto const report = solver().backward(exec, engine(in, kept.gates), kept.walk, dout,
                                              {.gates = as_view(dgates), .seed = d.x, .alpha = d.alpha});
        if (d.alpha) *d.alpha = -*d.alpha;
        affinity.adjoint(exec, dgates, d);
        return report;
    }

private:
    hyspn::detail::pair_window window() const { return hyspn::detail::window_within(radius); }

    diffusion_fixed_point solver() const
    {
        return {.kernel = window().neighbours().kernel,
                .alpha = 1 - alpha,
                .tolerance = tolerance,
                .max_iterations = max_iterations};
    }

    template <class T, class M>
    hyspn::detail::feature_pairs<T, M> pairs(char const* name, random_walk_inputs<T, M> const& in) const
    {
        hyspn::detail::require_walk(name, radius, 0);
        hyspn::detail::require_value(alpha >= 0 && alpha < 1, name, "alpha", "in [0, 1)", alpha);
        hyspn::detail::require_walk_inputs(name, in, true);
        return {window(), 1, in};
    }

    template <class T, class M>
    static diffusion_inputs<T, M> engine(random_walk_inputs<T, M> const& in, tensor<T, 4, M> const& gates)
    {
        return {.gates = gates, .seed = in.x};
    }
};

/// AffinityNet's walk. As released, a pair counts only where its upper pixel keeps radius - 1 columns from the left and
/// right borders and as many rows from the bottom (the code crops indices): pixels at
/// the border have fewer neighbours or none but themselves. The released features pass an ELU first. Backward is ours.
struct psa_walk {
    index_t radius = 5;  ///< pairs nearer than this (that of random_walk: at most this far), at least 1
    double beta = 8;
    index_t times = 8;  ///< squarings: 2^times steps, each kept for backward

    friend constexpr bool operator==(psa_walk const&, psa_walk const&) = default;

    /// x T^(2^times) [N, L, H, W]. Throws shape_error, value_error.
    template <execution_policy P, class T>
    tensor<T, 4, typename P::memory_space> forward(P const& exec,
                                                   random_walk_inputs<T, typename P::memory_space> const& in) const
    {
        tensor<T, 4, typename P::memory_space> out(in.x.extents());
        forward(exec, in, out);
        return out;
    }

    /// Writes it to `out` [N, L, H, W] and fills `kept` for backward. Throws as above.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void forward(P const& exec, random_walk_inputs<T, typename P::memory_space> const& in, Y&& out,
                 random_walk_saved<T, typename P::memory_space>& kept) const
    {
        char const* const name = "psa_walk::forward";
        pairs(name, in).gates(exec, kept.gates);
        hyspn::detail::walk(name, exec, axes(name), engine(in, kept.gates), as_view(out), kept.walk, true);
    }

    /// The same for inference: keeps nothing. Throws as above.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void forward(P const& exec, random_walk_inputs<T, typename P::memory_space> const& in, Y&& out) const
    {
        char const* const name = "psa_walk::forward";
        random_walk_saved<T, typename P::memory_space> made;
        pairs(name, in).gates(exec, made.gates);
        hyspn::detail::walk(name, exec, axes(name), engine(in, made.gates), as_view(out), made.walk, false);
    }

    /// Writes the gradients asked for, given dout [N, L, H, W] and what the training forward of the same inputs kept.
    /// |f_c(p) - f_c(q)| has gradient 0 at 0. Throws as forward does.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void backward(P const& exec, random_walk_inputs<T, typename P::memory_space> const& in,
                  random_walk_saved<T, typename P::memory_space> const& kept, Y const& dout,
                  random_walk_gradients<T, typename P::memory_space> const& d) const
    {
        char const* const name = "psa_walk::backward";
        auto const affinity = pairs(name, in);
        hyspn::detail::require_walk_gradients(name, in, d);
        hyspn::detail::require_walked(name, axes(name), engine(in, kept.gates), kept.walk, as_const(dout));
        tensor<T, 4, typename P::memory_space> dgates(affinity.extents());
        axes(name).backward(exec, engine(in, kept.gates), kept.walk, dout, {.initial = d.x, .gates = as_view(dgates)});
        affinity.adjoint(exec, dgates, d);
    }

private:
    hyspn::detail::pair_window window() const { return {radius * radius - 1, radius - 1}; }

    stencil axes(char const* name) const
    {
        return hyspn::detail::walk_axes(window(), true, hyspn::detail::steps_of_squarings(name, times));
    }

    template <class T, class M>
    hyspn::detail::feature_pairs<T, M> pairs(char const* name, random_walk_inputs<T, M> const& in) const
    {
        hyspn::detail::require_walk(name, static_cast<double>(radius), 1);
        hyspn::detail::require_value(beta >= 0 && std::isfinite(beta), name, "beta", "finite and at least 0", beta);
        hyspn::detail::require_walk_inputs(name, in, false);
        hyspn::detail::require_value(in.features.extent(1) > 0, name, "the number of features", "at least 1", 0);
        return {window(), -beta / static_cast<double>(in.features.extent(1)), in};
    }

    template <class T, class M>
    static inputs<T, M> engine(random_walk_inputs<T, M> const& in, tensor<T, 4, M> const& gates)
    {
        return {.initial = in.x, .gates = gates};
    }
};

}  // namespace hyspn::propagation::presets
