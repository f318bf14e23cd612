// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/core/parameters.hpp>
#include <hyspn/nn/detail/pool_ops.hpp>

namespace hyspn::nn {

/// The largest pixel under each window, channel by channel; pixels outside the image are absent. Of equal ones the
/// first in row-major order counts, NaN before all others, as in PyTorch. A window without any pixel, which padding
/// with dilation and empty images make, gives 0 and has no gradient. Nothing is learned.
struct max_pool2d {
    dims<2> kernel{2, 2};    ///< rows, columns
    dims<2> stride{2, 2};    ///< input pixels between outputs
    dims<2> padding{0, 0};   ///< absent pixels on each side, at most half the kernel
    dims<2> dilation{1, 1};  ///< input pixels between taps

    /// Which tap of the window was the largest.
    template <class M = memory::host>
    struct saved {
        tensor<std::int32_t, 4, M> tap;  ///< [N, C, H', W']
    };

    /// Extents of the output for x of the given ones. Throws value_error.
    dims<4> output_extents(dims<4> const& x) const
    {
        return detail::window_outputs("max_pool2d::output_extents", over(), x, x[1]);
    }

    /// x [N, C, H, W] → y [N, C, H', W'], which must not overlap x. Throws shape_error, value_error.
    template <execution_policy P, view_of_rank<4> X, view_of_rank<4> Y>
        requires same_space<P, X, Y>
    void forward(P const& exec, X const& x, Y&& y) const
    {
        run<P>(exec, as_const(x), as_view(y), view<std::int32_t, 4, typename P::memory_space>{});
    }

    /// The same, and fills `s` for backward.
    template <execution_policy P, view_of_rank<4> X, view_of_rank<4> Y, class M>
        requires same_space<P, X, Y>
    void forward(P const& exec, X const& x, Y&& y, saved<M>& s) const
    {
        detail::fit(s.tap, as_view(y).extents());
        run<P>(exec, as_const(x), as_view(y), as_view(s.tap));
    }

    /// Vector-Jacobian product: dy [N, C, H', W'] → dx [N, C, H, W], written; it must not overlap dy. Throws
    /// shape_error, value_error.
    template <execution_policy P, class M, view_of_rank<4> DY, view_of_rank<4> DX>
        requires same_space<P, DY, DX>
    void backward(P const& exec, saved<M> const& s, DY const& dy, DX&& dx) const
    {
        char const* const name = "max_pool2d::backward";
        using T = value_type_of<DY const>;
        view<T, 4, M> const din = as_view(dx);
        require_call(name, din.extents(), as_const(dy).extents(), "dy");
        detail::require_shape(name, "saved.tap", "as forward left it", s.tap.extents(), as_const(dy).extents());
        dispatch(exec, detail::max_pool_vjp_op<T, M>{over(), as_const(s.tap), as_const(dy), din});
    }

private:
    detail::window over() const { return {kernel, stride, padding, dilation}; }

    void require_call(char const* function, dims<4> const& x, dims<4> const& y, char const* y_name) const
    {
        detail::require_pool(function, over());
        detail::require_shape(function, y_name, "[N, C, H', W']", y, output_extents(x));
    }

    template <execution_policy P, class T, class M>
    void run(P const& exec, view<T const, 4, M> const& x, view<T, 4, M> const& y,
             view<std::int32_t, 4, M> const& tap) const
    {
        require_call("max_pool2d::forward", x.extents(), y.extents(), "y");
        dispatch(exec, detail::max_pool_op<T, M>{over(), x, y, tap});
    }
};

}  // namespace hyspn::nn
