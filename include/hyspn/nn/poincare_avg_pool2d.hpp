// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <concepts>

#include <hyspn/core/leaf.hpp>
#include <hyspn/core/parameters.hpp>
#include <hyspn/exec/pixel_sums.hpp>
#include <hyspn/nn/detail/correlation.hpp>
#include <hyspn/nn/detail/midpoint.hpp>

namespace hyspn {

namespace detail {

/// What one window's midpoint leaves for backward.
template <class T, class M>
struct pool_arrays {
    view<T, 4, M> direction;  ///< [N, C, H', W'] n
    view<T, 4, M> sums;       ///< [N, 3, H', W'] S, ‖Σ⃗‖, δ

    HYSPN_HD midpoint_sum<std::remove_const_t<T>> sum(std::remove_const_t<T> s, index_t n, index_t i, index_t j) const
    {
        return {s, sums(n, 0, i, j), sums(n, 1, i, j), sums(n, 2, i, j)};
    }
};

template <class T, class M>
struct avg_pool_op {
    window over;
    T s;
    view<T const, 4, M> x;
    view<T, 4, M> y;
    pool_arrays<T, M> out;  ///< direction may be y

    dims<3> shape() const { return {y.extent(0), y.extent(2), y.extent(3)}; }
    HYSPN_HD void operator()(index_t n, index_t i, index_t j) const
    {
        index_t const C = x.extent(1);
        auto const direction = channels_of(out.direction, n, 0, C, i, j), m = channels_of(y, n, 0, C, i, j);
        T time(0), deficit(0);
        index_t count = 0;
        for (index_t c = 0; c < C; ++c) direction(c) = T(0);
        for (index_t k = 0; k < over.taps(); ++k) {
            using std::cosh;
            if (!present(i, j, k)) continue;
            auto const v = at(n, i, j, k);
            lifted_radius<T> const p(s, norm(v));
            time += cosh(p.rho);
            for (index_t c = 0; c < C; ++c) direction(c) += p.stretch * v(c);
            ++count;
        }
        T const space = norm(direction);
        bool const directed = space > T(0);
        for (index_t c = 0; c < C && directed; ++c) direction(c) /= space;
        for (index_t k = 0; k < over.taps(); ++k) {
            if (!present(i, j, k)) continue;
            auto const v = at(n, i, j, k);
            lifted_radius<T> const p(s, norm(v));
            deficit += p.deficit(p.defect(v, direction, directed));
        }
        midpoint_sum<T> const sum{s, time, space, deficit};
        if (out.sums.data_handle()) {
            out.sums(n, 0, i, j) = time;
            out.sums(n, 1, i, j) = space;
            out.sums(n, 2, i, j) = deficit;
        }
        T const radius = count > 0 ? sum.radius() : T(0);
        for (index_t c = 0; c < C; ++c) m(c) = radius * direction(c);
    }

private:
    HYSPN_HD bool present(index_t i, index_t j, index_t k) const
    {
        index_t const a = over.source(0, i, k), b = over.source(1, j, k);
        return a >= 0 && a < x.extent(2) && b >= 0 && b < x.extent(3);
    }
    HYSPN_HD view<T const, 1, M> at(index_t n, index_t i, index_t j, index_t k) const
    {
        return channels_of(x, n, 0, x.extent(1), over.source(0, i, k), over.source(1, j, k));
    }
};

/// dx from all windows that see a pixel, and the pixel's share of c̄.
template <class T, class M>
struct avg_pool_vjp_op {
    window over;
    T s, c;
    view<T const, 4, M> x;
    pool_arrays<T const, M> saved;
    view<T const, 4, M> dy;
    view<T, 4, M> dx;
    view<T, 3, M> c_bar;  ///< [N, H, W]

    /// Adds to a pixel's gradient.
    struct adder {
        view<T, 1, M> to;
        HYSPN_HD void operator()(index_t i, T part) const { to(i) += part; }
    };

    dims<3> shape() const { return c_bar.extents(); }
    HYSPN_HD void operator()(index_t n, index_t i, index_t j) const
    {
        using input = correlation_input_vjp_op<T, M>;
        index_t const C = x.extent(1);
        auto const v = channels_of(x, n, 0, C, i, j);
        auto const dv = channels_of(dx, n, 0, C, i, j);
        for (index_t k = 0; k < C; ++k) dv(k) = T(0);
        T curvature(0);
        for (index_t m = 0; m < over.taps(); ++m) {
            index_t a, b;
            if (!input::output_of_tap(over, 0, i, m, dy.extent(2), a)) continue;
            if (!input::output_of_tap(over, 1, j, m, dy.extent(3), b)) continue;
            auto const direction = channels_of(saved.direction, n, 0, C, a, b), g = channels_of(dy, n, 0, C, a, b);
            curvature += midpoint_vjp(saved.sum(s, n, a, b), T(1), v, direction, g, dot(g, direction), adder{dv});
        }
        c_bar(n, i, j) = curvature / (T(2) * c);
    }
};

/// The windows' own shares of c̄.
template <class T, class M>
struct avg_pool_curvature_op {
    T s, c;
    pool_arrays<T const, M> saved;
    view<T const, 4, M> dy;
    view<T, 3, M> c_bar;  ///< [N, H', W']

    dims<3> shape() const { return c_bar.extents(); }
    HYSPN_HD void operator()(index_t n, index_t i, index_t j) const
    {
        auto const direction = channels_of(saved.direction, n, 0, dy.extent(1), i, j);
        T const along = dot(channels_of(dy, n, 0, dy.extent(1), i, j), direction);
        c_bar(n, i, j) = midpoint_common_curvature(saved.sum(s, n, i, j), along) / (T(2) * c);
    }
};

}  // namespace detail

namespace nn {

/// Average pooling: the gyromidpoint of the points under the window, in tangent coordinates at the origin. Pixels
/// outside the image are absent (they do not count as the origin); a window without any pixel gives 0. A constant image
/// stays constant, which pooling by β-concatenation does not achieve.
///
/// Values and gradients are finite as long as e^{4s‖v‖} lies in the range of the type, s = √c: s‖v‖ up to 20 in float,
/// 170 in double. Accuracy measured, norm-wise, s‖v‖ up to 2: values within
/// 24 eps, gradients of x within 16 eps, that of c within 400 eps for s‖v‖ ≤ 1; farther out, where points lie opposite
/// each other, the midpoint is the small rest of large sums.
struct poincare_avg_pool2d {
    dims<2> kernel{2, 2};   ///< rows, columns
    dims<2> stride{2, 2};   ///< input pixels between outputs
    dims<2> padding{0, 0};  ///< absent pixels on each side

    /// The curvature itself, > 0.
    template <class T, class M = memory::host>
    struct params {
        T c = T(1);

        /// Calls f("c", …) with c as a host array of extent 1.
        template <class Self, class F>
            requires std::same_as<std::remove_const_t<Self>, params>
        friend void for_each_leaf(Self& p, F&& f) { f("c", positive_leaf(p.c)); }
    };

    /// C + 3 numbers an output position.
    template <class T, class M = memory::host>
    struct saved {
        tensor<T, 4, M> direction, sums;
    };

    template <class T, class M = memory::host>
    params<T, M> make_params(index_t) const
    {
        return {};
    }
    template <class T, class M>
    static params<T, M> zero_gradients(params<T, M> const&)
    {
        return {T(0)};
    }

    /// Extents of the output for x of the given ones. Throws value_error.
    dims<4> output_extents(dims<4> const& x) const
    {
        return detail::window_outputs("poincare_avg_pool2d::output_extents", over(), x, x[1]);
    }

    /// x [N, C, H, W] → [N, C, H', W']. Throws shape_error, value_error.
    template <execution_policy P, class T, class M, view_of_rank<4> X>
        requires same_space<P, X> tensor<T, 4, M> forward(P const& exec, params<T, M> const& p, X const& x)
    const
    {
        detail::require_valid("poincare_avg_pool2d::forward", over());
        tensor<T, 4, M> y(output_extents(as_const(x).extents()));
        forward(exec, p, x, y);
        return y;
    }

    /// The same into y, which must not overlap x.
    template <execution_policy P, class T, class M, view_of_rank<4> X, view_of_rank<4> Y>
        requires same_space<P, X, Y>
    void forward(P const& exec, params<T, M> const& p, X const& x, Y&& y) const
    {
        view<T, 4, M> const out = as_view(y);
        run<P, T, M>(exec, p, as_const(x), out, {out, {}});
    }

    /// The same, and fills `s` for backward.
    template <execution_policy P, class T, class M, view_of_rank<4> X, view_of_rank<4> Y>
        requires same_space<P, X, Y>
    void forward(P const& exec, params<T, M> const& p, X const& x, Y&& y, saved<T, M>& s) const
    {
        view<T, 4, M> const out = as_view(y);
        detail::fit(s.direction, out.extents());
        detail::fit(s.sums, detail::with_channels(out.extents(), 3));
        run<P, T, M>(exec, p, as_const(x), out, {as_view(s.direction), as_view(s.sums)});
    }

    /// Vector-Jacobian product: dy [N, C, H', W'] → dx [N, C, H, W], written (it must not overlap x or dy), and dp.c,
    /// added to. Throws shape_error, value_error.
    template <execution_policy P, class T, class M, view_of_rank<4> X, view_of_rank<4> DY, view_of_rank<4> DX>
        requires same_space<P, X, DY, DX>
    void backward(P const& exec, params<T, M> const& p, X const& x, saved<T, M> const& s, DY const& dy, DX&& dx,
                  params<T, M>& dp) const
    {
        using std::sqrt;
        char const* const name = "poincare_avg_pool2d::backward";
        view<T const, 4, M> const in = as_const(x), dout = as_const(dy);
        require_call(name, p, in.extents(), dout.extents(), "dy");
        detail::require_shape(name, "saved.direction", "as forward left it", s.direction.extents(), dout.extents());
        detail::require_shape(name, "dx", "[N, C, H, W]", as_view(dx).extents(), in.extents());
        if (in.size() == 0) return;
        detail::pool_arrays<T const, M> const arrays{as_const(s.direction), as_const(s.sums)};
        tensor<T, 3, M> points(in.extent(0), in.extent(2), in.extent(3));
        tensor<T, 3, M> windows(dout.extent(0), dout.extent(2), dout.extent(3));
        T const root = sqrt(p.c);
        dispatch(exec,
                 detail::avg_pool_vjp_op<T, M>{over(), root, p.c, in, arrays, dout, as_view(dx), as_view(points)});
        dispatch(exec, detail::avg_pool_curvature_op<T, M>{root, p.c, arrays, dout, as_view(windows)});
        dp.c += detail::sum_of(exec, points) + detail::sum_of(exec, windows);
    }

private:
    detail::window over() const { return {kernel, stride, padding, {1, 1}}; }

    template <class T, class M>
    void require_call(char const* function, params<T, M> const& p, dims<4> const& x, dims<4> const& y,
                      char const* y_name) const
    {
        detail::require_valid(function, over());
        detail::require_shape(function, y_name, "[N, C, H', W']", y, output_extents(x));
        detail::require_positive(function, "c", p.c);
    }

    template <execution_policy P, class T, class M>
    void run(P const& exec, params<T, M> const& p, view<T const, 4, M> const& x, view<T, 4, M> const& y,
             detail::pool_arrays<T, M> const& arrays) const
    {
        using std::sqrt;
        require_call("poincare_avg_pool2d::forward", p, x.extents(), y.extents(), "y");
        if (y.size() > 0) dispatch(exec, detail::avg_pool_op<T, M>{over(), sqrt(p.c), x, y, arrays});
    }
};

}  // namespace nn
}  // namespace hyspn
