// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/core/leaf.hpp>
#include <hyspn/nn/conv_norm.hpp>
#include <hyspn/nn/maps.hpp>

namespace hyspn::nn {

/// The basic block of a residual network (He et al. 2016, arXiv 1512.03385, section 3.3):
///     y = max(norm2(conv2(max(norm1(conv1(x)), 0))) + shortcut(x), 0),
/// conv1 3×3 with the stride, conv2 3×3; the shortcut is x itself where extents agree, else a 1×1 convolution with the
/// stride and its normalisation.
struct residual_block {
    index_t outputs = 8;  ///< O
    index_t stride = 1;   ///< H' = ⌈H/stride⌉, W' likewise
    norm_options norm{};

    template <class T, class M = memory::host>
    struct params {
        conv_norm::params<T, M> first, second;
        conv_norm::params<T, M> shortcut;  ///< empty where x passes as it is

        /// Calls f with a view of "conv1.weight", "norm1.weight", "norm1.bias", the same with 2 and, where there is
        /// one, of "shortcut.conv.weight", "shortcut.norm.weight" and "shortcut.norm.bias".
        template <class Self, class F>
            requires std::same_as<std::remove_const_t<Self>, params>
        friend void for_each_leaf(Self& p, F&& f)
        {
            for_each_leaf(p.first.conv, with_prefix("conv1", f));
            for_each_leaf(p.first.norm, with_prefix("norm1", f));
            for_each_leaf(p.second.conv, with_prefix("conv2", f));
            for_each_leaf(p.second.norm, with_prefix("norm2", f));
            if (p.has_shortcut()) for_each_leaf(p.shortcut, with_prefix("shortcut", f));
        }
        /// The same for the running averages of norm1, norm2 and shortcut.norm, where there are any.
        template <class Self, class F>
            requires std::same_as<std::remove_const_t<Self>, params>
        friend void for_each_buffer(Self& p, F&& f)
        {
            for_each_buffer(p.first.norm, with_prefix("norm1", f));
            for_each_buffer(p.second.norm, with_prefix("norm2", f));
            for_each_buffer(p.shortcut, with_prefix("shortcut", f));
        }
        bool has_shortcut() const { return shortcut.conv.weight.size() > 0; }
    };

    template <class T, class M = memory::host>
    struct saved {
        conv_norm::saved<T, M> first, second, shortcut;
        tensor<T, 4, M> hidden;  ///< [N, O, H', W'] input of conv2
        tensor<T, 4, M> branch;  ///< [N, O, H', W'] first term of the sum
        tensor<T, 4, M> passed;  ///< [N, O, H', W'] second term, where it is not x
    };

    /// Arrays for C channels, all zero. Throws value_error.
    template <class T, class M = memory::host>
    params<T, M> zero_params(index_t channels) const
    {
        params<T, M> p{first().zero_params<T, M>(channels), second().zero_params<T, M>(outputs), {}};
        if (needs_shortcut(channels)) p.shortcut = shortcut().zero_params<T, M>(channels);
        return p;
    }
    /// Values to start training with: those of conv_norm, but the weight of norm2 is 0, so that at first each block
    /// passes on its shortcut (Goyal et al. 2017, arXiv 1706.02677, section 5.1).
    template <class T>
    params<T> make_params(index_t channels, random_stream& stream) const
    {
        params<T> p{first().make_params<T>(channels, stream), second().make_params<T>(outputs, stream), {}};
        for (T& w : p.second.norm.weight) w = T(0);
        if (needs_shortcut(channels)) p.shortcut = shortcut().make_params<T>(channels, stream);
        return p;
    }
    /// Gradients of the same shape, all zero, for backward to add to.
    template <class T, class M>
    static params<T, M> zero_gradients(params<T, M> const& p)
    {
        return {conv_norm::zero_gradients(p.first), conv_norm::zero_gradients(p.second),
                conv_norm::zero_gradients(p.shortcut)};
    }

    dims<4> output_extents(dims<4> const& x) const { return first().output_extents(x); }

    /// Inference: x [N, C, H, W] → y [N, O, H', W'], which must not overlap x. Throws shape_error, value_error.
    template <execution_policy P, class T, class M, view_of_rank<4> X, view_of_rank<4> Y>
        requires same_space<P, X, Y>
    void forward(P const& exec, params<T, M> const& p, X const& x, Y&& y) const
    {
        view<T const, 4, M> const in = as_const(x);
        view<T, 4, M> const out = as_view(y);
        require_call("residual_block::forward", p, in.extents(), out.extents(), "y");
        tensor<T, 4, M> hidden(out.extents());
        first().forward(exec, p.first, in, hidden);
        second().forward(exec, p.second, hidden, out);
        if (p.has_shortcut()) shortcut().forward(exec, p.shortcut, in, hidden);
        add<P, T, M>(exec, out, p.has_shortcut() ? as_const(hidden) : in, out);
    }

    /// Training, and fills `s` for backward.
    template <execution_policy P, class T, class M, view_of_rank<4> X, view_of_rank<4> Y>
        requires same_space<P, X, Y>
    void forward(P const& exec, params<T, M> const& p, X const& x, Y&& y, saved<T, M>& s) const
    {
        view<T const, 4, M> const in = as_const(x);
        view<T, 4, M> const out = as_view(y);
        require_call("residual_block::forward", p, in.extents(), out.extents(), "y");
        detail::fit(s.hidden, out.extents());
        detail::fit(s.branch, out.extents());
        first().forward(exec, p.first, in, s.hidden, s.first);
        second().forward(exec, p.second, s.hidden, s.branch, s.second);
        if (p.has_shortcut()) {
            detail::fit(s.passed, out.extents());
            shortcut().forward(exec, p.shortcut, in, s.passed, s.shortcut);
        }
        add<P, T, M>(exec, as_const(s.branch), p.has_shortcut() ? as_const(s.passed) : in, out);
    }

    /// Moves the running averages of p, where there are any, towards the statistics in s.
    template <execution_policy P, class T, class M>
    void update(P const& exec, saved<T, M> const& s, params<T, M>& p) const
    {
        first().update(exec, s.first, p.first);
        second().update(exec, s.second, p.second);
        if (p.has_shortcut()) shortcut().update(exec, s.shortcut, p.shortcut);
    }

    /// Vector-Jacobian product of the training form: dy [N, O, H', W'] → dx [N, C, H, W], written (it must not overlap
    /// x or dy), and dp, added to. Throws shape_error, value_error.
    template <execution_policy P, class T, class M, view_of_rank<4> X, view_of_rank<4> DY, view_of_rank<4> DX>
        requires same_space<P, X, DY, DX>
    void backward(P const& exec, params<T, M> const& p, X const& x, saved<T, M> const& s, DY const& dy, DX&& dx,
                  params<T, M>& dp) const
    {
        char const* const name = "residual_block::backward";
        view<T const, 4, M> const in = as_const(x), dout = as_const(dy);
        view<T, 4, M> const din = as_view(dx);
        require_call(name, p, in.extents(), dout.extents(), "dy");
        detail::require_shape(name, "saved.hidden", "as forward left it", s.hidden.extents(), dout.extents());
        detail::require_shape(name, "saved.branch", "as forward left it", s.branch.extents(), dout.extents());
        detail::require_shape(name, "dx", "[N, C, H, W]", din.extents(), in.extents());
        tensor<T, 4, M> dsum(dout.extents()), dhidden(dout.extents()),
            dpassed(p.has_shortcut() ? in.extents() : dims<4>{});
        dispatch(exec, detail::pixel_map_op<detail::map_rectified_sum_vjp, 3, T, M>{
                           {}, {as_const(s.branch), p.has_shortcut() ? as_const(s.passed) : in, dout}, as_view(dsum)});
        second().backward(exec, p.second, s.hidden, s.second, dsum, dhidden, dp.second);
        first().backward_over(exec, p.first, in, s.first, dhidden, din, dp.first);
        if (p.has_shortcut()) shortcut().backward_over(exec, p.shortcut, in, s.shortcut, dsum, dpassed, dp.shortcut);
        add_maps(exec, din, p.has_shortcut() ? dpassed : dsum, din);
    }

private:
    conv_norm first() const { return {.stride = {stride, stride}, .outputs = outputs, .norm = norm}; }
    conv_norm second() const { return {.outputs = outputs, .norm = norm, .relu = false}; }
    conv_norm shortcut() const
    {
        return {.kernel = {1, 1},
                .stride = {stride, stride},
                .padding = {0, 0},
                .outputs = outputs,
                .norm = norm,
                .relu = false};
    }
    bool needs_shortcut(index_t channels) const { return channels != outputs || stride != 1; }

    template <class P, class T, class M>
    static void add(P const& exec, view<T const, 4, M> const& a, view<T const, 4, M> const& b, view<T, 4, M> const& y)
    {
        dispatch(exec, detail::pixel_map_op<detail::map_rectified_sum, 2, T, M>{{}, {a, b}, y});
    }

    template <class T, class M>
    void require_call(char const* function, params<T, M> const& p, dims<4> const& x, dims<4> const& y,
                      char const* y_name) const
    {
        detail::require_value(stride >= 1, function, "stride", "at least 1", static_cast<double>(stride));
        detail::require_shape(function, y_name, "[N, O, H', W']", y, output_extents(x));
        index_t const wanted = needs_shortcut(x[1]) ? 1 : 0;
        detail::require_shape(function, "shortcut.conv.weight", "[O, C, 1, 1], empty where x passes as it is,",
                              p.shortcut.conv.weight.extents(), {wanted * outputs, wanted * x[1], wanted, wanted});
    }
};

}  // namespace hyspn::nn
