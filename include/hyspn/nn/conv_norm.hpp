// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <type_traits>

#include <hyspn/core/leaf.hpp>
#include <hyspn/nn/batch_norm2d.hpp>
#include <hyspn/nn/conv2d.hpp>
#include <hyspn/nn/group_norm.hpp>

namespace hyspn::nn {

/// Which statistics normalise features: those of the batch, or of each image's groups of channels. The latter suit
/// batches of a few images.
enum class norm_kind { batch, group };

/// Settings of the normalisations of a network.
struct norm_options {
    norm_kind kind = norm_kind::batch;
    index_t groups = 8;     ///< of norm_kind::group; divides all numbers of channels
    double momentum = 0.1;  ///< of norm_kind::batch
    double epsilon = 1e-5;  ///< > 0
};

/// A convolution, its normalisation and, with `relu`, max(·, 0). The convolution has no bias: the normalisation would
/// take it away again.
struct conv_norm {
    dims<2> kernel{3, 3};   ///< rows, columns
    dims<2> stride{1, 1};   ///< input pixels between outputs
    dims<2> padding{1, 1};  ///< zeros on each side
    index_t outputs = 8;    ///< O
    norm_options norm{};
    bool relu = true;

    template <class T, class M = memory::host>
    struct params {
        conv2d::params<T, M> conv;
        norm_params<T, M> norm;

        /// Calls f("conv.weight", …), f("norm.weight", …) and f("norm.bias", …) with a view of each.
        template <class Self, class F>
            requires std::same_as<std::remove_const_t<Self>, params>
        friend void for_each_leaf(Self& p, F&& f)
        {
            for_each_leaf(p.conv, with_prefix("conv", f));
            for_each_leaf(p.norm, with_prefix("norm", f));
        }
        /// Calls f("norm.running_mean", …) and f("norm.running_var", …), where there are any.
        template <class Self, class F>
            requires std::same_as<std::remove_const_t<Self>, params>
        friend void for_each_buffer(Self& p, F&& f) { for_each_buffer(p.norm, with_prefix("norm", f)); }
    };

    template <class T, class M = memory::host>
    struct saved {
        tensor<T, 4, M> convolved;  ///< [N, O, H', W'] before the normalisation
        norm_saved<T, M> norm;
    };

    /// Arrays for C channels, all zero. Throws value_error.
    template <class T, class M = memory::host>
    params<T, M> zero_params(index_t channels) const
    {
        return {conv().make_params<T, M>(channels),
                with_norm([&](auto const& n) { return n.template zero_params<T, M>(outputs); })};
    }
    /// Values to start training with: conv2d::init, weights of the normalisation 1, biases 0.
    template <class T>
    params<T> make_params(index_t channels, random_stream& stream) const
    {
        params<T> p{conv().make_params<T>(channels),
                    with_norm([&](auto const& n) { return n.template make_params<T>(outputs); })};
        conv().init(p.conv, stream);
        return p;
    }
    /// Gradients of the same shape, all zero, for backward to add to.
    template <class T, class M>
    static params<T, M> zero_gradients(params<T, M> const& p)
    {
        return {conv2d::zero_gradients(p.conv), batch_norm2d::zero_gradients(p.norm)};
    }

    dims<4> output_extents(dims<4> const& x) const { return conv().output_extents(x); }

    /// Inference: x [N, C, H, W] → y [N, O, H', W'], which must not overlap x. Throws shape_error, value_error.
    template <execution_policy P, class T, class M, view_of_rank<4> X, view_of_rank<4> Y>
        requires same_space<P, X, Y>
    void forward(P const& exec, params<T, M> const& p, X const& x, Y&& y) const
    {
        conv().forward(exec, p.conv, x, y);
        with_norm([&](auto const& n) { n.forward(exec, p.norm, as_const(y), y); });
    }

    /// Training, and fills `s` for backward.
    template <execution_policy P, class T, class M, view_of_rank<4> X, view_of_rank<4> Y>
        requires same_space<P, X, Y>
    void forward(P const& exec, params<T, M> const& p, X const& x, Y&& y, saved<T, M>& s) const
    {
        detail::fit(s.convolved, output_extents(as_const(x).extents()));
        conv().forward(exec, p.conv, x, s.convolved);
        with_norm([&](auto const& n) { n.forward(exec, p.norm, s.convolved, y, s.norm); });
    }

    /// Moves the running averages of p, where there are any, towards the statistics in s.
    template <execution_policy P, class T, class M>
    void update(P const& exec, saved<T, M> const& s, params<T, M>& p) const
    {
        if (norm.kind == norm_kind::batch) batch().update(exec, s.norm, p.norm);
    }

    /// Vector-Jacobian product of the training form: dy [N, O, H', W'] → dx [N, C, H, W], written (it must not overlap
    /// x or dy), or without elements where it is not wanted, and dp, added to. Throws shape_error, value_error.
    template <execution_policy P, class T, class M, view_of_rank<4> X, view_of_rank<4> DY, view_of_rank<4> DX>
        requires same_space<P, X, DY, DX>
    void backward(P const& exec, params<T, M> const& p, X const& x, saved<T, M> const& s, DY const& dy, DX&& dx,
                  params<T, M>& dp) const
    {
        tensor<T, 4, M> dconvolved(s.convolved.extents());
        through_norm<P, T, M>(exec, p, x, s, as_const(dy), as_view(dconvolved), dx, dp);
    }

    /// The same without working memory of its own: dy is overwritten.
    template <execution_policy P, class T, class M, view_of_rank<4> X, view_of_rank<4> DY, view_of_rank<4> DX>
        requires same_space<P, X, DY, DX>
    void backward_over(P const& exec, params<T, M> const& p, X const& x, saved<T, M> const& s, DY&& dy, DX&& dx,
                       params<T, M>& dp) const
    {
        through_norm<P, T, M>(exec, p, x, s, as_const(dy), as_view(dy), dx, dp);
    }

private:
    conv2d conv() const
    {
        return {.kernel = kernel, .stride = stride, .padding = padding, .outputs = outputs, .bias = false};
    }
    batch_norm2d batch() const { return {.momentum = norm.momentum, .epsilon = norm.epsilon, .relu = relu}; }

    /// f(the normalisation).
    template <class F>
    auto with_norm(F const& f) const
    {
        if (norm.kind == norm_kind::batch) return f(batch());
        return f(group_norm{.groups = norm.groups, .epsilon = norm.epsilon, .relu = relu});
    }

    template <class P, class T, class M, class X, class DX>
    void through_norm(P const& exec, params<T, M> const& p, X const& x, saved<T, M> const& s,
                      view<T const, 4, M> const& dy, view<T, 4, M> const& dconvolved, DX&& dx, params<T, M>& dp) const
    {
        detail::require_shape("conv_norm::backward", "saved.convolved", "as forward left it", s.convolved.extents(),
                              output_extents(as_const(x).extents()));
        with_norm([&](auto const& n) { n.backward(exec, p.norm, s.convolved, s.norm, dy, dconvolved, dp.norm); });
        conv().backward(exec, p.conv, x, conv2d::saved<T, M>{}, dconvolved, dx, dp.conv);
    }
};

}  // namespace hyspn::nn
