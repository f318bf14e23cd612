// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include <hyspn/nn/detail/layer_call.hpp>

/// \file
/// Layers with one row of weights an output, applied to each point: what they have in common.

namespace hyspn::detail {

/// A layer's parameters, or their gradients, as these calls see them.
template <class T, class M>
struct row_weights {
    view<T, 2, M> rows;     ///< [O, leading + C]
    view<T, 1, M> bias;     ///< [O]
    index_t leading = 0;    ///< columns that belong to no channel
    char const* rows_name;  ///< for messages
    char const* bias_name;

    /// The channels' columns as [O, 1, C].
    view<T, 3, M> taps() const
    {
        return {rows.data_handle() + leading * rows.stride(1),
                {rows.extent(0), 1, rows.extent(1) - leading},
                {rows.stride(0), 0, rows.stride(1)}};
    }
    /// The leading column.
    view<T, 1, M> column() const { return {rows.data_handle(), {rows.extent(0)}, {rows.stride(0)}}; }
    char const* pattern() const { return leading ? "[O, 1 + C]" : "[O, C]"; }
};

/// ζ_o = ‖z_o‖ of [O, K, C].
template <execution_policy P, class T, class M>
tensor<T, 1, M> weight_norms(P const& exec, view<T const, 3, M> const& z)
{
    tensor<T, 1, M> zeta(z.extent(0));
    dispatch(exec, row_norm_op<T, M>{z, as_view(zeta)});
    return zeta;
}

/// The calls of such a layer with so many outputs; its Kind says
///     static constexpr char const* name;
///     static constexpr index_t leading;             // columns that belong to no channel
///     template <class T, class M> struct params;    // an aggregate: rows of weights, bias, c
///     static row_weights<…> weights(params&), weights(params const&);
///     static auto head(params const&, view of ζ);   // see heads.hpp; layers without radial part do not look at ζ
///     static constexpr double identity;             // optional: the weight with which an output repeats its channel
template <class Kind>
struct row_calls {
    index_t outputs;

    template <execution_policy P, class Params, class X>
    auto forward(P const& exec, Params const& p, X const& x) const
    {
        using T = value_type_of<X const>;
        using M = typename P::memory_space;
        tensor<T, rank_of<X const>, M> y(with_channels(as_const(x).extents(), outputs));
        forward<P, Params>(exec, p, as_const(x), as_view(y), static_cast<nn::layer_saved<T, M>*>(nullptr));
        return y;
    }

    /// Into y; s may be null.
    template <class P, class Params, class T, std::size_t Rank, class M>
    void forward(P const& exec, Params const& p, view<T const, Rank, M> const& x, view<T, Rank, M> const& y,
                 nn::layer_saved<T, M>* s) const
    {
        require_call((std::string(Kind::name) + "::forward").c_str(), p, x, y.extents(), "y");
        with_head(exec, p, [&](auto const& head) {
            layer_forward<P>(exec, plan<T>(), head, as_maps(x), Kind::weights(p).taps(), as_maps(y), s);
        });
    }

    template <execution_policy P, class Params, class T, std::size_t Rank, class M>
    void backward(P const& exec, Params const& p, view<T const, Rank, M> const& x, nn::layer_saved<T, M> const& s,
                  view<T const, Rank, M> const& dy, view<T, Rank, M> const& dx, Params& dp) const
    {
        std::string const function = std::string(Kind::name) + "::backward";
        char const* const name = function.c_str();
        auto const w = Kind::weights(p);
        auto const dw = Kind::weights(dp);
        require_call(name, p, x, dy.extents(), "dy");
        require_shape(name, "dx", pattern<Rank>(false), dx.extents(), x.extents());
        require_shape(name, (std::string("dp.") + w.rows_name).c_str(), w.pattern(), dw.rows.extents(),
                      w.rows.extents());
        require_shape(name, (std::string("dp.") + w.bias_name).c_str(), "[O]", dw.bias.extents(), w.bias.extents());
        auto const dmaps = as_maps(dy);
        require_saved(name, s, dmaps.extents(), 1);
        with_head(exec, p, [&](auto const& head) {
            layer_backward<P>(exec, plan<T>(), head, as_maps(x), w.taps(), s, dmaps, as_maps(dx), dw.taps(), dw.bias,
                              dp.c, dw.column());
        });
    }

private:
    template <class T>
    static correlation_plan<T> plan()
    {
        return {window{}, 1, T(1)};
    }

    template <class P, class Params, class F>
    void with_head(P const& exec, Params const& p, F const& f) const
    {
        auto const w = Kind::weights(p);
        if constexpr (decltype(Kind::head(p, w.bias))::has_radial) {
            auto const zeta = weight_norms<P>(exec, w.taps());
            f(Kind::head(p, as_const(zeta)));
        } else {
            f(Kind::head(p, w.bias));
        }
    }

    template <class Params, class T, std::size_t Rank, class M>
    void require_call(char const* function, Params const& p, view<T const, Rank, M> const& x, dims<Rank> const& y,
                      char const* y_name) const
    {
        index_t const O = outputs, C = x.extent(Rank == 3 ? 0 : 1);
        auto const w = Kind::weights(p);
        require_value(O >= 1, function, "outputs", "at least 1", static_cast<double>(O));
        if (C < 1)
            raise<shape_error>(function, "x", std::string(pattern<Rank>(false)) + " with C at least 1",
                               to_string(x.extents()));
        require_shape(function, w.rows_name, w.pattern(), w.rows.extents(), {O, w.leading + C});
        require_shape(function, w.bias_name, "[O]", w.bias.extents(), {O});
        require_shape(function, y_name, pattern<Rank>(true), y, with_channels(x.extents(), O));
        require_positive(function, "c", p.c);
    }
};

}  // namespace hyspn::detail

namespace hyspn::nn {

/// A layer with one row of weights an output, applied to each point of rows or maps.
template <class Kind>
struct row_layer {
    static constexpr char const* name = Kind::name;
    index_t outputs = 8;  ///< O

    /// Learned values, an aggregate of tensors and c, the curvature itself, > 0.
    template <class T, class M = memory::host>
    using params = typename Kind::template params<T, M>;

    /// Parameters for C channels: all weights zero, c = 1.
    template <class T, class M = memory::host>
    params<T, M> make_params(index_t channels) const
    {
        return {tensor<T, 2, M>(outputs, Kind::leading + channels), tensor<T, 1, M>(outputs), T(1)};
    }

    /// The identity for C ≤ O channels, other outputs 0, where the layer has one. Throws value_error.
    template <class T>
    params<T> identity_params(index_t channels) const requires requires
    {
        Kind::identity;
    }
    {
        detail::require_value(channels <= outputs, (std::string(name) + "::identity_params").c_str(), "channels",
                              "at most outputs = " + std::to_string(outputs), static_cast<double>(channels));
        auto p = make_params<T>(channels);
        auto const rows = Kind::weights(p).rows;
        for (index_t o = 0; o < channels; ++o) rows(o, Kind::leading + o) = T(Kind::identity);
        return p;
    }

    template <class T, class M = memory::host>
    using saved = layer_saved<T, M>;

    /// Gradients of the same shape, all zero, for backward to add to.
    template <class T, class M>
    static params<T, M> zero_gradients(params<T, M> const& p)
    {
        auto const w = Kind::weights(p);
        return {tensor<T, 2, M>(w.rows.extents()), tensor<T, 1, M>(w.bias.extents()), T(0)};
    }

    /// x → outputs: rows [N, C] → [N, O], maps [C, H, W] → [O, H, W], [N, C, H, W] → [N, O, H, W]. Throws shape_error,
    /// value_error.
    template <execution_policy P, class T, class M, features X>
        requires same_space<P, X> tensor<T, rank_of<X const>, M> forward(P const& exec, params<T, M> const& p,
                                                                         X const& x)
    const { return calls().forward(exec, p, x); }

    /// The same into y, which must not overlap x.
    template <execution_policy P, class T, class M, features X, features Y>
        requires same_space<P, X, Y>
    void forward(P const& exec, params<T, M> const& p, X const& x, Y&& y) const
    {
        calls().forward(exec, p, as_const(x), as_view(y), static_cast<saved<T, M>*>(nullptr));
    }

    /// The same, and fills `s` for backward; arrays of s that already have the right extents are reused.
    template <execution_policy P, class T, class M, features X, features Y>
        requires same_space<P, X, Y>
    void forward(P const& exec, params<T, M> const& p, X const& x, Y&& y, saved<T, M>& s) const
    {
        calls().forward(exec, p, as_const(x), as_view(y), &s);
    }

    /// Vector-Jacobian product: dy, shaped like y, → dx, like x, written (it must not overlap x or dy), and dp, added
    /// to. Throws shape_error, value_error.
    template <execution_policy P, class T, class M, features X, features DY, features DX>
        requires same_space<P, X, DY, DX>
    void backward(P const& exec, params<T, M> const& p, X const& x, saved<T, M> const& s, DY const& dy, DX&& dx,
                  params<T, M>& dp) const
    {
        calls().backward(exec, p, as_const(x), s, as_const(dy), as_view(dx), dp);
    }

private:
    detail::row_calls<Kind> calls() const { return {outputs}; }
};

}  // namespace hyspn::nn
