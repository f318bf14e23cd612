// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include <hyspn/nn/detail/norm_ops.hpp>

namespace hyspn {

namespace detail {

/// running += momentum·(factor·batch − running).
template <class T, class M>
struct running_statistic_op {
    T momentum, factor;
    view<T const, 1, M> batch;
    view<T, 1, M> running;

    dims<1> shape() const { return running.extents(); }
    HYSPN_HD void operator()(index_t c) const { running(c) += momentum * (factor * batch(c) - running(c)); }
};

}  // namespace detail

namespace nn {

/// Batch normalisation (Ioffe and Szegedy 2015, arXiv 1502.03167): y = weight_c·(x − μ_c)/√(V_c + epsilon) + bias_c,
/// with the mean and variance of channel c over N, H and W in training, and running averages of them in inference.
/// Same values as torch.nn.BatchNorm2d. With `relu` the output is max(y, 0), in the same passes over memory.
///
/// forward changes nothing but its outputs: after a training step `update` moves the running averages, which are
/// buffers of `params` (see norm_params).
///
/// Accuracy, norm-wise: values within 8 eps·max(1, |μ|/√(V + epsilon)), gradients within 64 eps times that. Sums have a
/// fixed order: any number of threads gives the same bits.
struct batch_norm2d {
    double momentum = 0.1;  ///< share of the batch in `update`, 0 to 1
    double epsilon = 1e-5;  ///< > 0
    bool relu = false;      ///< followed by max(y, 0)

    /// Learned values, and the running averages as buffers.
    template <class T, class M = memory::host>
    using params = norm_params<T, M>;

    template <class T, class M = memory::host>
    using saved = norm_saved<T, M>;

    /// Arrays for C channels, all 0. Host parameters to begin with are those of make_params; copy these to the device.
    template <class T, class M = memory::host>
    params<T, M> zero_params(index_t channels) const
    {
        detail::require_value(channels >= 0, "batch_norm2d::zero_params", "channels", "at least 0",
                              static_cast<double>(channels));
        return {tensor<T, 1, M>(channels), tensor<T, 1, M>(channels), tensor<T, 1, M>(channels),
                tensor<T, 1, M>(channels)};
    }
    /// Weight and running variance 1, bias and running mean 0.
    template <class T>
    params<T> make_params(index_t channels) const
    {
        auto p = zero_params<T>(channels);
        std::fill(p.weight.begin(), p.weight.end(), T(1));
        std::fill(p.running_variance.begin(), p.running_variance.end(), T(1));
        return p;
    }
    /// Gradients of the learned values, all zero, for backward to add to.
    template <class T, class M>
    static params<T, M> zero_gradients(params<T, M> const& p)
    {
        return {tensor<T, 1, M>(p.weight.extents()), tensor<T, 1, M>(p.bias.extents()), {}, {}};
    }

    static dims<4> output_extents(dims<4> const& x) { return x; }

    /// Inference, by the running averages: x [N, C, H, W] → the same extents. Throws shape_error, value_error.
    template <execution_policy P, class T, class M, view_of_rank<4> X>
        requires same_space<P, X> tensor<T, 4, M> forward(P const& exec, params<T, M> const& p, X const& x)
    const
    {
        tensor<T, 4, M> y(as_const(x).extents());
        forward(exec, p, x, y);
        return y;
    }

    /// The same into y, which may be x.
    template <execution_policy P, class T, class M, view_of_rank<4> X, view_of_rank<4> Y>
        requires same_space<P, X, Y>
    void forward(P const& exec, params<T, M> const& p, X const& x, Y&& y) const
    {
        char const* const name = "batch_norm2d::forward";
        view<T const, 4, M> const in = as_const(x);
        require_call(name, p, in.extents(), as_view(y).extents(), "y");
        detail::require_shape(name, "running_mean", "[C]", p.running_mean.extents(), {in.extent(1)});
        detail::require_shape(name, "running_variance", "[C]", p.running_variance.extents(), {in.extent(1)});
        if (in.size() == 0) return;
        tensor<T, 1, M> inverse(in.extent(1));
        dispatch(exec, detail::inverse_deviation_op<T, M>{T(epsilon), as_const(p.running_variance), as_view(inverse)});
        detail::norm_forward<P, T, M>(exec, values(p, in.extents(), as_const(p.running_mean), as_const(inverse)), in,
                                      as_view(y));
    }

    /// Training, by the batch's own statistics, which are left in s; y may not be x where backward follows.
    template <execution_policy P, class T, class M, view_of_rank<4> X, view_of_rank<4> Y>
        requires same_space<P, X, Y>
    void forward(P const& exec, params<T, M> const& p, X const& x, Y&& y, saved<T, M>& s) const
    {
        view<T const, 4, M> const in = as_const(x);
        require_call("batch_norm2d::forward", p, in.extents(), as_view(y).extents(), "y");
        detail::norm_statistics<P, T, M>(exec, sets(in.extents()), T(epsilon), in, s);
        if (in.size() == 0) return;
        detail::norm_forward<P, T, M>(exec, values(p, in.extents(), as_const(s.mean), as_const(s.inverse)), in,
                                      as_view(y));
    }

    /// Moves the running averages of p towards the statistics in s, the variance by the unbiased one (m/(m − 1) of V,
    /// for m > 1 numbers a channel). Throws shape_error, value_error.
    template <execution_policy P, class T, class M>
    void update(P const& exec, saved<T, M> const& s, params<T, M>& p) const
    {
        char const* const name = "batch_norm2d::update";
        detail::require_value(momentum >= 0 && momentum <= 1, name, "momentum", "from 0 to 1", momentum);
        detail::require_shape(name, "saved.mean", "[C]", s.mean.extents(), p.running_mean.extents());
        detail::require_shape(name, "saved.variance", "[C]", s.variance.extents(), p.running_variance.extents());
        if (s.count == 0) return;
        auto const m = static_cast<double>(s.count);
        dispatch(exec,
                 detail::running_statistic_op<T, M>{T(momentum), T(1), as_const(s.mean), as_view(p.running_mean)});
        dispatch(exec, detail::running_statistic_op<T, M>{T(momentum), T(m > 1 ? m / (m - 1) : 1.),
                                                          as_const(s.variance), as_view(p.running_variance)});
    }

    /// Vector-Jacobian product of the training form, through the statistics too: dy → dx, written (it may be dy but
    /// must not overlap x), and dp.weight, dp.bias, added to. Throws shape_error, value_error.
    template <execution_policy P, class T, class M, view_of_rank<4> X, view_of_rank<4> DY, view_of_rank<4> DX>
        requires same_space<P, X, DY, DX>
    void backward(P const& exec, params<T, M> const& p, X const& x, saved<T, M> const& s, DY const& dy, DX&& dx,
                  params<T, M>& dp) const
    {
        char const* const name = "batch_norm2d::backward";
        view<T const, 4, M> const in = as_const(x), dout = as_const(dy);
        require_call(name, p, in.extents(), dout.extents(), "dy");
        detail::require_shape(name, "dx", "[N, C, H, W]", as_view(dx).extents(), in.extents());
        detail::require_shape(name, "dp.weight", "[C]", dp.weight.extents(), p.weight.extents());
        detail::require_shape(name, "dp.bias", "[C]", dp.bias.extents(), p.bias.extents());
        detail::require_norm_saved(name, s, sets(in.extents()));
        detail::norm_backward<P, T, M>(exec, values(p, in.extents(), as_const(s.mean), as_const(s.inverse)), in, dout,
                                       as_view(dx), as_view(dp.weight), as_view(dp.bias));
    }

private:
    static detail::norm_sets sets(dims<4> const& x) { return {x, 0}; }

    template <class T, class M>
    detail::norm_values<T, M> values(params<T, M> const& p, dims<4> const& x, view<T const, 1, M> const& mean,
                                     view<T const, 1, M> const& inverse) const
    {
        return {sets(x), relu, mean, inverse, as_const(p.weight), as_const(p.bias)};
    }

    template <class T, class M>
    void require_call(char const* function, params<T, M> const& p, dims<4> const& x, dims<4> const& y,
                      char const* y_name) const
    {
        detail::require_value(epsilon > 0, function, "epsilon", "greater than 0", epsilon);
        detail::require_shape(function, "weight", "[C]", p.weight.extents(), {x[1]});
        detail::require_shape(function, "bias", "[C]", p.bias.extents(), {x[1]});
        detail::require_shape(function, y_name, "[N, C, H, W]", y, x);
    }
};

}  // namespace nn
}  // namespace hyspn
