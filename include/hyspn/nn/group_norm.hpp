// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>

#include <hyspn/nn/detail/norm_ops.hpp>

namespace hyspn::nn {

/// Group normalisation (Wu and He 2018, arXiv 1803.08494): y = weight_c·(x − μ)/√(V + epsilon) + bias_c, with the mean
/// and variance over H, W and the C/groups channels of c's group, image by image. Same values as torch.nn.GroupNorm; in
/// training and inference alike. With `relu` the output is max(y, 0), in the same passes over memory.
///
/// Accuracy, norm-wise: values within 8 eps·max(1, |μ|/√(V + epsilon)), gradients within 64 eps times that. Sums have a
/// fixed order: any number of threads gives the same bits.
struct group_norm {
    index_t groups = 8;     ///< divides C
    double epsilon = 1e-5;  ///< > 0
    bool relu = false;      ///< followed by max(y, 0)

    template <class T, class M = memory::host>
    using params = norm_params<T, M>;

    template <class T, class M = memory::host>
    using saved = norm_saved<T, M>;

    /// Arrays for C channels, all 0. Host parameters to begin with are those of make_params; copy these to the device.
    template <class T, class M = memory::host>
    params<T, M> zero_params(index_t channels) const
    {
        require_channels("group_norm::zero_params", channels);
        return {tensor<T, 1, M>(channels), tensor<T, 1, M>(channels), {}, {}};
    }
    /// Weight 1, bias 0.
    template <class T>
    params<T> make_params(index_t channels) const
    {
        auto p = zero_params<T>(channels);
        std::fill(p.weight.begin(), p.weight.end(), T(1));
        return p;
    }
    /// Gradients of the same shape, all zero, for backward to add to.
    template <class T, class M>
    static params<T, M> zero_gradients(params<T, M> const& p)
    {
        return {tensor<T, 1, M>(p.weight.extents()), tensor<T, 1, M>(p.bias.extents()), {}, {}};
    }

    static dims<4> output_extents(dims<4> const& x) { return x; }

    /// x [N, C, H, W] → the same extents. Throws shape_error, value_error.
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
        saved<T, M> s;
        forward(exec, p, x, y, s);
    }

    /// The same, and fills `s` for backward, before which x must not change.
    template <execution_policy P, class T, class M, view_of_rank<4> X, view_of_rank<4> Y>
        requires same_space<P, X, Y>
    void forward(P const& exec, params<T, M> const& p, X const& x, Y&& y, saved<T, M>& s) const
    {
        view<T const, 4, M> const in = as_const(x);
        require_call("group_norm::forward", p, in.extents(), as_view(y).extents(), "y");
        detail::norm_statistics<P, T, M>(exec, sets(in.extents()), T(epsilon), in, s);
        if (in.size() == 0) return;
        detail::norm_forward<P, T, M>(exec, values(p, s, in.extents()), in, as_view(y));
    }

    /// Vector-Jacobian product: dy → dx, written (it may be dy but must not overlap x), and dp, added to. Throws
    /// shape_error, value_error.
    template <execution_policy P, class T, class M, view_of_rank<4> X, view_of_rank<4> DY, view_of_rank<4> DX>
        requires same_space<P, X, DY, DX>
    void backward(P const& exec, params<T, M> const& p, X const& x, saved<T, M> const& s, DY const& dy, DX&& dx,
                  params<T, M>& dp) const
    {
        char const* const name = "group_norm::backward";
        view<T const, 4, M> const in = as_const(x), dout = as_const(dy);
        require_call(name, p, in.extents(), dout.extents(), "dy");
        detail::require_shape(name, "dx", "[N, C, H, W]", as_view(dx).extents(), in.extents());
        detail::require_shape(name, "dp.weight", "[C]", dp.weight.extents(), p.weight.extents());
        detail::require_shape(name, "dp.bias", "[C]", dp.bias.extents(), p.bias.extents());
        detail::require_norm_saved(name, s, sets(in.extents()));
        detail::norm_backward<P, T, M>(exec, values(p, s, in.extents()), in, dout, as_view(dx), as_view(dp.weight),
                                       as_view(dp.bias));
    }

private:
    detail::norm_sets sets(dims<4> const& x) const { return {x, groups}; }

    template <class T, class M>
    detail::norm_values<T, M> values(params<T, M> const& p, saved<T, M> const& s, dims<4> const& x) const
    {
        return {sets(x), relu, as_const(s.mean), as_const(s.inverse), as_const(p.weight), as_const(p.bias)};
    }

    void require_channels(char const* function, index_t channels) const
    {
        detail::require_value(groups >= 1, function, "groups", "at least 1", static_cast<double>(groups));
        detail::require_value(channels >= 1 && channels % groups == 0, function, "the number of channels",
                              "at least 1 and a multiple of groups = " + std::to_string(groups),
                              static_cast<double>(channels));
    }

    template <class T, class M>
    void require_call(char const* function, params<T, M> const& p, dims<4> const& x, dims<4> const& y,
                      char const* y_name) const
    {
        require_channels(function, x[1]);
        detail::require_value(epsilon > 0, function, "epsilon", "greater than 0", epsilon);
        detail::require_shape(function, "weight", "[C]", p.weight.extents(), {x[1]});
        detail::require_shape(function, "bias", "[C]", p.bias.extents(), {x[1]});
        detail::require_shape(function, y_name, "[N, C, H, W]", y, x);
    }
};

}  // namespace hyspn::nn
