// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/nn/detail/pool_ops.hpp>

namespace hyspn::nn {

/// The mean under each window, channel by channel. Pixels outside the image count as zeros, as in PyTorch, or not at
/// all; a window without any, as over an empty image, gives 0. Linear, nothing is learned or saved.
struct avg_pool2d {
    dims<2> kernel{2, 2};       ///< rows, columns
    dims<2> stride{2, 2};       ///< input pixels between outputs
    dims<2> padding{0, 0};      ///< pixels outside on each side, at most half the kernel
    bool count_padding = true;  ///< divide by the size of the window everywhere, not by the pixels inside

    /// Extents of the output for x of the given ones. Throws value_error.
    dims<4> output_extents(dims<4> const& x) const
    {
        return detail::window_outputs("avg_pool2d::output_extents", over(), x, x[1]);
    }

    /// x [N, C, H, W] → y [N, C, H', W'], which must not overlap x. Throws shape_error, value_error.
    template <execution_policy P, view_of_rank<4> X, view_of_rank<4> Y>
        requires same_space<P, X, Y>
    void forward(P const& exec, X const& x, Y&& y) const
    {
        using T = value_type_of<X const>;
        auto const in = as_const(x);
        require_call("avg_pool2d::forward", in.extents(), as_view(y).extents(), "y");
        dispatch(exec, detail::mean_pool_op<T, typename P::memory_space>{weight<T>(in.extents()), in, as_view(y)});
    }

    /// Vector-Jacobian product: dy [N, C, H', W'] → dx [N, C, H, W], written; it must not overlap dy. Throws
    /// shape_error, value_error.
    template <execution_policy P, view_of_rank<4> DY, view_of_rank<4> DX>
        requires same_space<P, DY, DX>
    void backward(P const& exec, DY const& dy, DX&& dx) const
    {
        using T = value_type_of<DY const>;
        auto const din = as_view(dx);
        require_call("avg_pool2d::backward", din.extents(), as_const(dy).extents(), "dy");
        dispatch(exec,
                 detail::mean_pool_vjp_op<T, typename P::memory_space>{weight<T>(din.extents()), as_const(dy), din});
    }

private:
    detail::window over() const { return {kernel, stride, padding, {1, 1}}; }

    template <class T>
    detail::mean_pool_weight<T> weight(dims<4> const& x) const
    {
        return {over(), count_padding, x[2], x[3]};
    }

    void require_call(char const* function, dims<4> const& x, dims<4> const& y, char const* y_name) const
    {
        detail::require_pool(function, over());
        detail::require_shape(function, y_name, "[N, C, H', W']", y, output_extents(x));
    }
};

}  // namespace hyspn::nn
