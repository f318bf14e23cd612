// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include <hyspn/propagation/mixture.hpp>
#include <hyspn/propagation/snapshots.hpp>

/// \file
/// Forward and backward of a mixture of windows: each window's snapshots by the stencil engine, then the mixing.

namespace hyspn::detail {

/// Channel c of an array, with its index; channel 0 where there is but one.
template <class T, class M>
view<T, 4, M> channel_of(view<T, 4, M> const& v, index_t c)
{
    dims<4> e = v.extents();
    index_t const offset = v.extent(1) > 1 ? c * v.stride(1) : 0;
    e[1] = v.extent(1) < 1 ? v.extent(1) : 1;
    return {v.data_handle() ? v.data_handle() + offset : nullptr, e, v.strides()};
}

/// Maps of the snapshots of window q.
template <class T, class M>
view<T, 5, M> maps_of_window(view<T, 5, M> const& maps, index_t q)
{
    index_t const count = maps.extent(0) / mixture_windows;
    dims<5> e = maps.extents();
    e[0] = count;
    return {maps.data_handle() ? maps.data_handle() + q * count * maps.stride(0) : nullptr, e, maps.strides()};
}

/// A mixture: the axes of every window, but for its size, and how it mixes.
struct mixture {
    char const* network;  ///< for messages: the preset's name
    propagation::snapshots windows;
    snapshot_weights weights = snapshot_weights::none;
    index_t confidences = mixture_windows;  ///< maps of confidence
    std::string stage{};                    ///< for messages: before the names of arrays, as in "half."

    mixture_form form() const { return {static_cast<index_t>(windows.at.size()), weights}; }
    propagation::snapshots window(index_t q) const
    {
        propagation::snapshots made = windows;
        made.axes.kernel = propagation::mixture_kernels[static_cast<std::size_t>(q)];
        return made;
    }

    template <class T, class M>
    propagation::inputs<T, M> inputs_of(index_t q, propagation::mixture_inputs<T, M> const& in,
                                        view<T const, 4, M> const& beta) const
    {
        return {.initial = in.initial,
                .gates = in.gates[static_cast<std::size_t>(q)],
                .measured = in.measured,
                .confidence = channel_of(beta, q)};
    }

    template <class T, class M>
    dims<5> maps_extents(propagation::mixture_inputs<T, M> const& in) const
    {
        dims<5> e = with_snapshots(in.initial, windows);
        e[0] *= mixture_windows;
        return e;
    }
};

inline std::string gates_name(mixture const& o, index_t q)
{
    return o.stage + "gates[" + std::to_string(q) + "]";
}

template <class T, class M>
void require_inputs(std::string const& function, mixture const& o, propagation::mixture_inputs<T, M> const& in)
{
    char const* const name = function.c_str();
    require_options(name, o.window(0));
    auto const has = [&](std::string const& argument, std::string const& pattern, auto const& array, index_t channels) {
        require_shape(name, argument.c_str(), pattern.c_str(), array.extents(), with_channels(in.initial, channels));
    };
    auto const pattern = [](index_t channels) { return "[N, " + std::to_string(channels) + ", H, W]"; };
    auto const counted = [&](char const* argument, auto const& array, index_t channels) {
        has(o.stage + argument, pattern(channels), array, channels);
    };
    counted("sigma", in.sigma, mixture_windows);
    if (o.form().lambdas() > 0)
        counted("lambda", in.lambda, o.form().lambdas());
    else if (propagation::present(in.lambda))
        raise<shape_error>(name, (o.stage + "lambda").c_str(), "absent", "an array");
    counted("confidence", in.confidence, o.confidences);
    counted("mask", in.mask, 1);
    for (index_t q = 0; q < mixture_windows; ++q) {
        index_t const K = o.window(q).axes.gates();
        has(gates_name(o, q), pattern(K), in.gates[static_cast<std::size_t>(q)], K);
    }
    if (in.measured.extents() != with_channels(in.initial, 1))
        has(o.stage + "measured", "[N, L or 1, H, W]", in.measured, in.initial.extent(1));
}

template <class T, class M>
void require_gradients(std::string const& function, mixture const& o, propagation::mixture_inputs<T, M> const& in,
                       propagation::mixture_gradients<T, M> const& d)
{
    auto const fits = [&](std::string const& argument, auto const& gradient, auto const& input) {
        require_gradient_shape(function.c_str(), argument, gradient, input);
    };
    fits(o.stage + "initial", d.initial, in.initial);
    fits(o.stage + "sigma", d.sigma, in.sigma);
    fits(o.stage + "lambda", d.lambda, in.lambda);
    fits(o.stage + "confidence", d.confidence, in.confidence);
    fits(o.stage + "measured", d.measured, in.measured);
    for (std::size_t q = 0; q < in.gates.size(); ++q)
        fits(gates_name(o, static_cast<index_t>(q)), d.gates[q], in.gates[q]);
}

/// All that backward reads and writes but dout.
template <class T, class M>
void require_training(std::string const& function, mixture const& o, propagation::mixture_inputs<T, M> const& in,
                      propagation::mixture_saved<T, M> const& kept, propagation::mixture_gradients<T, M> const& d)
{
    char const* const name = function.c_str();
    require_inputs(function, o, in);
    require_gradients(function, o, in, d);
    require_shape(name, (o.stage + "kept.snapshots").c_str(), "[3 S, N, L, H, W]", kept.snapshots.extents(),
                  o.maps_extents(in));
    require_shape(name, (o.stage + "kept.beta").c_str(), "the shape of confidence", kept.beta.extents(),
                  in.confidence.extents());
    for (index_t q = 0; q < mixture_windows; ++q)
        require_kept(name, o.window(q).net(), o.inputs_of(q, in, as_const(kept.beta)),
                     kept.windows[static_cast<std::size_t>(q)]);
}

template <class T, class M>
mixture_op<T, M> mixing(mixture const& o, propagation::mixture_inputs<T, M> const& in, view<T const, 5, M> maps,
                        view<T, 4, M> out)
{
    return {o.form(), in.sigma, in.lambda, in.initial, maps, out};
}

template <execution_policy P, class T, class M>
void forward_mixture(P const& exec, mixture const& o, propagation::mixture_inputs<T, M> const& in, view<T, 4, M> out)
{
    std::string const name = std::string(o.network) + "::forward";
    require_inputs(name, o, in);
    require_shape(name.c_str(), "out", "[N, L, H, W]", out.extents(), in.initial.extents());
    tensor<T, 4, M> beta(in.confidence.extents());
    tensor<T, 5, M> maps(o.maps_extents(in));
    dispatch(exec, mixture_confidence_op<T, M>{in.confidence, in.mask, as_view(beta)});
    for (index_t q = 0; q < mixture_windows; ++q)
        o.window(q).forward(exec, o.inputs_of(q, in, as_const(beta)), maps_of_window(as_view(maps), q));
    dispatch(exec, mixing(o, in, as_const(maps), out));
}

template <execution_policy P, class T, class M>
void forward_mixture(P const& exec, mixture const& o, propagation::mixture_inputs<T, M> const& in, view<T, 4, M> out,
                     propagation::mixture_saved<T, M>& kept)
{
    std::string const name = std::string(o.network) + "::forward";
    require_inputs(name, o, in);
    require_shape(name.c_str(), "out", "[N, L, H, W]", out.extents(), in.initial.extents());
    fit(kept.beta, in.confidence.extents());
    fit(kept.snapshots, o.maps_extents(in));
    dispatch(exec, mixture_confidence_op<T, M>{in.confidence, in.mask, as_view(kept.beta)});
    for (index_t q = 0; q < mixture_windows; ++q)
        o.window(q).forward(exec, o.inputs_of(q, in, as_const(kept.beta)), maps_of_window(as_view(kept.snapshots), q),
                            kept.windows[static_cast<std::size_t>(q)]);
    dispatch(exec, mixing(o, in, as_const(kept.snapshots), out));
}

/// The gradients of a mixture while windows still add to them.
template <class T, class M>
class mixture_sums {
public:
    mixture_sums(propagation::mixture_inputs<T, M> const& in, propagation::mixture_gradients<T, M> const& wanted)
        : all(wanted)
    {
        fill(all.initial, initial_, in.initial);
        fill(all.sigma, sigma_, in.sigma);
        fill(all.lambda, lambda_, in.lambda);
        fill(all.confidence, confidence_, in.confidence);
        fill(all.measured, measured_, in.measured);
        own_initial_ = tensor<T, 4, M>(in.initial.extents());
        own_measured_ = tensor<T, 4, M>(in.measured.extents());
        own_beta_ = tensor<T, 4, M>(with_channels(in.confidence, 1));
    }

    /// Where window q writes.
    propagation::gradients<T, M> of_window(index_t q)
    {
        return {.initial = as_view(own_initial_),
                .gates = all.gates[static_cast<std::size_t>(q)],
                .measured = as_view(own_measured_),
                .confidence = as_view(own_beta_)};
    }

    /// What it wrote, added to the others' (those of the initial map start from the mixing's).
    template <execution_policy P>
    void add(P const& exec, index_t q)
    {
        auto const beta = channel_of(all.confidence, q);
        take(exec, own_initial_, all.initial, false);
        take(exec, own_measured_, all.measured, q == 0);
        take(exec, own_beta_, beta, q == 0 || all.confidence.extent(1) > 1);
    }

    propagation::mixture_gradients<T, M> all;

private:
    static void fill(view<T, 4, M>& gradient, tensor<T, 4, M>& scratch, view<T const, 4, M> const& input)
    {
        if (propagation::present(gradient)) return;
        scratch = tensor<T, 4, M>(input.extents());
        gradient = as_view(scratch);
    }

    template <execution_policy P>
    static void take(P const& exec, tensor<T, 4, M> const& from, view<T, 4, M> const& to, bool first)
    {
        if (first)
            dispatch(exec, copy_op<T, 4, M>{as_const(from), to});
        else
            dispatch(exec, add_scaled_op<T, 4, M>{T(1), as_const(from), to});
    }

    tensor<T, 4, M> initial_{}, sigma_{}, lambda_{}, confidence_{}, measured_{};
    tensor<T, 4, M> own_initial_{}, own_measured_{}, own_beta_{};
};

template <execution_policy P, class T, class M>
void backward_mixture(P const& exec, mixture const& o, propagation::mixture_inputs<T, M> const& in,
                      propagation::mixture_saved<T, M> const& kept, view<T const, 4, M> dout,
                      propagation::mixture_gradients<T, M> const& d)
{
    std::string const name = std::string(o.network) + "::backward";
    require_training(name, o, in, kept, d);
    require_shape(name.c_str(), "dout", "[N, L, H, W]", dout.extents(), in.initial.extents());

    mixture_sums<T, M> sums(in, d);
    tensor<T, 5, M> dmaps(kept.snapshots.extents());
    dispatch(exec, mixture_adjoint_op<T, M>{o.form(), in.sigma, in.lambda, in.initial, as_const(kept.snapshots), dout,
                                            as_view(dmaps), sums.all.initial, sums.all.sigma, sums.all.lambda});
    for (index_t q = 0; q < mixture_windows; ++q) {
        o.window(q).backward(exec, o.inputs_of(q, in, as_const(kept.beta)), kept.windows[static_cast<std::size_t>(q)],
                             maps_of_window(as_const(dmaps), q), sums.of_window(q));
        sums.add(exec, q);
    }
    dispatch(exec,
             mixture_confidence_adjoint_op<T, M>{in.confidence, in.mask, sums.all.confidence, sums.all.confidence});
}

}  // namespace hyspn::detail
