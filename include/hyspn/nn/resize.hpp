// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/nn/detail/resize_ops.hpp>

namespace hyspn::nn {

/// Bilinear interpolation of maps to the extents of y, by pixel areas (PyTorch's align_corners = false): output (i, j)
/// lies at ((i + ½)·H/H' − ½, (j + ½)·W/W' − ½) of the input, moved to the nearest edge where that is outside.
/// Shrinking does not average over what it skips. Linear, nothing is learned or saved. Error at most 4 eps of the
/// largest of the four pixels.
struct resize_bilinear {
    /// x [N, C, H, W], H and W at least 1, → y [N, C, H', W'], which must not overlap x. Throws shape_error.
    template <execution_policy P, view_of_rank<4> X, view_of_rank<4> Y>
        requires same_space<P, X, Y>
    void forward(P const& exec, X const& x, Y&& y) const
    {
        using T = value_type_of<X const>;
        auto const in = as_const(x);
        auto const out = as_view(y);
        require_call("resize_bilinear::forward", in.extents(), out.extents(), "y");
        dispatch(exec, detail::resize_bilinear_op<T, typename P::memory_space>{
                           {in.extent(2), out.extent(2)}, {in.extent(3), out.extent(3)}, in, out});
    }

    /// Vector-Jacobian product: dy [N, C, H', W'] → dx [N, C, H, W], written; it must not overlap dy. Throws
    /// shape_error.
    template <execution_policy P, view_of_rank<4> DY, view_of_rank<4> DX>
        requires same_space<P, DY, DX>
    void backward(P const& exec, DY const& dy, DX&& dx) const
    {
        using T = value_type_of<DY const>;
        auto const g = as_const(dy);
        auto const to = as_view(dx);
        require_call("resize_bilinear::backward", to.extents(), g.extents(), "dy");
        dispatch(exec, detail::resize_bilinear_vjp_op<T, typename P::memory_space>{
                           {to.extent(2), g.extent(2)}, {to.extent(3), g.extent(3)}, g, to});
    }

private:
    static void require_call(char const* function, dims<4> const& x, dims<4> const& y, char const* y_name)
    {
        detail::require_shape(function, y_name, "[N, C, H', W']", y, {x[0], x[1], y[2], y[3]});
        if (x[2] < 1 || x[3] < 1)
            detail::raise<shape_error>(function, "the input", "of at least one row and column", to_string(x));
    }
};

/// Each pixel `factor` times along both sides: nearest interpolation to a multiple of the extents. Linear, nothing is
/// learned or saved.
struct upsample_nearest {
    index_t factor = 2;

    dims<4> output_extents(dims<4> const& x) const { return {x[0], x[1], factor * x[2], factor * x[3]}; }

    /// x [N, C, H, W] → y [N, C, factor·H, factor·W], which must not overlap x. Throws shape_error, value_error.
    template <execution_policy P, view_of_rank<4> X, view_of_rank<4> Y>
        requires same_space<P, X, Y>
    void forward(P const& exec, X const& x, Y&& y) const
    {
        using T = value_type_of<X const>;
        auto const in = as_const(x);
        require_call("upsample_nearest::forward", in.extents(), as_view(y).extents(), "y");
        dispatch(exec, detail::repeat_pixels_op<T, typename P::memory_space>{factor, in, as_view(y)});
    }

    /// Vector-Jacobian product: dy, shaped like y, → dx, like x, written; it must not overlap dy. Throws shape_error,
    /// value_error.
    template <execution_policy P, view_of_rank<4> DY, view_of_rank<4> DX>
        requires same_space<P, DY, DX>
    void backward(P const& exec, DY const& dy, DX&& dx) const
    {
        using T = value_type_of<DY const>;
        auto const to = as_view(dx);
        require_call("upsample_nearest::backward", to.extents(), as_const(dy).extents(), "dy");
        dispatch(exec, detail::repeat_pixels_vjp_op<T, typename P::memory_space>{factor, as_const(dy), to});
    }

private:
    void require_call(char const* function, dims<4> const& x, dims<4> const& y, char const* y_name) const
    {
        detail::require_value(factor >= 1, function, "factor", "at least 1", static_cast<double>(factor));
        detail::require_shape(function, y_name, "[N, C, factor·H, factor·W]", y, output_extents(x));
    }
};

}  // namespace hyspn::nn
