// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <hyspn/core/view.hpp>

/// \file
/// Which pixels a layer with a kernel looks at.

namespace hyspn::detail {

/// A kernel over an image: tap m = ky·width + kx of output (i, j) is the input pixel
/// (i·stride − padding + ky·dilation, j·stride − padding + kx·dilation), absent outside the image.
struct window {
    dims<2> kernel{1, 1}, stride{1, 1}, padding{0, 0}, dilation{1, 1};

    HYSPN_HD constexpr index_t taps() const { return kernel[0] * kernel[1]; }
    /// Along axis 0 (rows) or 1 (columns): where tap m of output position i lies.
    HYSPN_HD constexpr index_t source(std::size_t axis, index_t i, index_t m) const
    {
        return i * stride[axis] + offset(axis, m);
    }
    HYSPN_HD constexpr index_t offset(std::size_t axis, index_t m) const
    {
        return (axis == 0 ? small_quotient(m, kernel[1]) : small_remainder(m, kernel[1])) * dilation[axis] -
               padding[axis];
    }
    /// Number of output positions along an axis of `length` pixels; less than 1 when the kernel does not fit.
    HYSPN_HD constexpr index_t outputs(std::size_t axis, index_t length) const
    {
        index_t const room = length + 2 * padding[axis] - dilation[axis] * (kernel[axis] - 1) - 1;
        return room < 0 ? 0 : room / stride[axis] + 1;
    }
    /// Every output sees its own pixel and no other.
    constexpr bool is_point() const { return taps() == 1 && stride == dims<2>{1, 1} && padding == dims<2>{0, 0}; }
};

/// Throws value_error.
inline void require_valid(char const* function, window const& w)
{
    auto const all = [&](char const* name, dims<2> const& got, index_t least) {
        for (index_t v : got)
            require_value(v >= least, function, name, "at least " + std::to_string(least), static_cast<double>(v));
    };
    all("kernel", w.kernel, 1);
    all("stride", w.stride, 1);
    all("padding", w.padding, 0);
    all("dilation", w.dilation, 1);
}

/// Extents [N, channels, H', W'] of what a layer makes of x [N, C, H, W]. Throws value_error.
inline dims<4> window_outputs(char const* function, window const& w, dims<4> const& x, index_t channels)
{
    require_valid(function, w);
    return {x[0], channels, w.outputs(0, x[2]), w.outputs(1, x[3])};
}

/// Throws value_error unless groups ≥ 1 divides outputs and channels, both at least 1.
inline void require_groups(char const* function, index_t groups, index_t outputs, index_t channels)
{
    require_value(outputs >= 1, function, "outputs", "at least 1", static_cast<double>(outputs));
    require_value(groups >= 1, function, "groups", "at least 1", static_cast<double>(groups));
    std::string const wanted = "a multiple of groups = " + std::to_string(groups);
    require_value(outputs % groups == 0, function, "outputs", wanted, static_cast<double>(outputs));
    require_value(channels >= 1 && channels % groups == 0, function, "the number of channels",
                  "at least 1 and " + wanted, static_cast<double>(channels));
}

}  // namespace hyspn::detail
