// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <utility>

#include <hyspn/core/tensor.hpp>
#include <hyspn/exec/dispatch.hpp>
#include <hyspn/exec/elementwise.hpp>
#include <hyspn/guidance/samples.hpp>
#include <hyspn/propagation/conjugate_gradient.hpp>
#include <hyspn/propagation/grid_edges.hpp>

/// \file
/// The smoothest map through the measurements, where smooth counts little across changes of colour (the Dirichlet
/// problem on the pixel grid; Levin, Lischinski, Weiss, Colorization using Optimization, SIGGRAPH 2004, with another
/// weight). It errs elsewhere than local planes do, so a share of it improves on them.

namespace hyspn::guidance {

struct dirichlet_options {
    /// An edge between neighbours i and j of the 4-grid weighs exp(−2‖v_i − v_j‖/temperature) + floor.
    double temperature = 0.02;
    double floor = 1e-4;  ///< above 0, so that every pixel hears of some measurement
    double pull = 10;     ///< weight of a measurement
    /// Where the solver stops, on the relative residual.
    double tolerance = 1e-5;
    /// Or there, where it has not come so far: on purpose no error, as a map not quite smooth serves as well. The
    /// report says how far it came.
    index_t max_iterations = 3000;

    friend constexpr bool operator==(dirichlet_options const&, dirichlet_options const&) = default;
};

template <class T>
struct dirichlet_result {
    tensor<T, 2> depth;                 ///< [H, W]
    propagation::solver_report report;  ///< conjugate gradients; residual > tolerance where max_iterations ended them
};

}  // namespace hyspn::guidance

namespace hyspn::detail {

/// Weights of the edges as grid_edges.hpp lays them out.
template <class T, class M>
struct dirichlet_weights_op {
    view<T const, 3, M> colours;
    T rate, floor;
    view<T, 4, M> weights;  ///< [1, 2, H, W]

    dims<3> shape() const { return {2, colours.extent(1), colours.extent(2)}; }

    HYSPN_HD void operator()(index_t channel, index_t y, index_t x) const
    {
        using std::exp;
        using std::sqrt;
        if (!edge_exists(channel, y, x)) {
            weights(0, channel, y, x) = T(0);
            return;
        }
        index_t const above = channel == 1 ? y - 1 : y, left = channel == 0 ? x - 1 : x;
        T squared = 0;
        for (index_t c = 0; c < colours.extent(0); ++c) {
            T const difference = colours(c, y, x) - colours(c, above, left);
            squared += difference * difference;
        }
        weights(0, channel, y, x) = exp(-rate * sqrt(squared)) + floor;
    }
};

/// What holds the map to the measurements: the diagonal and the right-hand side.
template <class T, class M>
struct dirichlet_pull_op {
    view<T const, 2, M> sparse;
    T strength;
    view<T, 4, M> pull, right;  ///< [1, 1, H, W]

    dims<2> shape() const { return sparse.extents(); }

    HYSPN_HD void operator()(index_t y, index_t x) const
    {
        pull(0, 0, y, x) = sparse(y, x) > T(0) ? strength : T(0);
        right(0, 0, y, x) = strength * sparse(y, x);
    }
};

inline void require_dirichlet_options(char const* name, guidance::dirichlet_options const& o)
{
    auto const positive = [&](char const* what, double value) {
        require_value(value > 0 && std::isfinite(value), name, what, "positive and finite", value);
    };
    positive("temperature", o.temperature);
    positive("floor", o.floor);
    positive("pull", o.pull);
    positive("tolerance", o.tolerance);
    require_value(o.max_iterations >= 1, name, "max_iterations", "at least 1", static_cast<double>(o.max_iterations));
}

template <class T, std::size_t Rank>
void require_finite(char const* function, char const* argument, view<T const, Rank, memory::host> const& x)
{
    for_each_element(x, [&](T v) {
        require_value(std::isfinite(v), function, argument, "finite everywhere", static_cast<double>(v));
    });
}

}  // namespace hyspn::detail

namespace hyspn::guidance {

/// x = argmin Σ_edges w (x_i − x_j)² + pull Σ_measured (x_i − s_i)², from colours [C, H, W] (rgb_to_lab), measurements
/// [H, W] (0: none) and a first guess [H, W]; a good guess saves half of the iterations and more. O(C H W), and O(H W)
/// an iteration; scratch: ten maps. Host policies; the same bits for any number of threads. Throws value_error for
/// options out of range, no measurements, negative ones, and arrays that are not finite; shape_error when the sizes
/// differ.
template <execution_policy P, view_of_rank<3> V, view_of_rank<2> S, view_of_rank<2> G, class T = value_type_of<V>>
    requires same_space<P, V, S, G> && std::same_as<typename P::memory_space, memory::host> dirichlet_result<T>
    dirichlet_map(P const& exec, V&& colours, S&& sparse, G&& guess, dirichlet_options const& options = {})
    {
        using M = memory::host;
        char const* const name = "dirichlet_map";
        auto const v = as_const(colours);
        auto const s = as_const(sparse);
        auto const start = as_const(guess);
        detail::require_dirichlet_options(name, options);
        dims<2> const size{v.extent(1), v.extent(2)};
        detail::require_shape(name, "sparse", "[H, W]", s.extents(), size);
        detail::require_shape(name, "guess", "[H, W]", start.extents(), size);
        (void)collect_samples(s);  // refuses what measurements cannot be
        detail::require_finite(name, "colours", v);
        detail::require_finite(name, "guess", start);

        tensor<T, 4> weights(1, 2, size[0], size[1]), pull(1, 1, size[0], size[1]);
        tensor<T, 4> right(pull.extents()), inverse(pull.extents());
        dispatch(exec, detail::dirichlet_weights_op<T, M>{v, static_cast<T>(2 / options.temperature),
                                                          static_cast<T>(options.floor), as_view(weights)});
        dispatch(exec, detail::dirichlet_pull_op<T, M>{s, static_cast<T>(options.pull), as_view(pull), as_view(right)});
        dispatch(exec, detail::grid_inverse_diagonal_op<T, M>{as_const(weights), as_const(pull), as_view(inverse)});

        dirichlet_result<T> result{tensor<T, 2>(size), {}};
        copy(start, as_view(result.depth));
        using system = detail::grid_system<T, M>;
        detail::conjugate_gradient<P, system, T, M> solver(exec, {as_const(weights), as_const(pull), as_const(inverse)},
                                                           as_const(right),
                                                           with_batch(with_batch(as_view(result.depth))));
        result.report = solver.run(options.tolerance, options.max_iterations);
        return result;
    }

/// (1 − share) · map + share · dirichlet_map of it, measured pixels as measured, and the report of that. share in
/// [0, 1]. Throws as dirichlet_map.
template <execution_policy P, view_of_rank<3> V, view_of_rank<2> S, view_of_rank<2> G>
    requires same_space<P, V, S, G>
auto blend_dirichlet(P const& exec, V&& colours, S&& sparse, G&& map, double share,
                     dirichlet_options const& options = {}) -> dirichlet_result<value_type_of<V>>
{
    using T = value_type_of<V>;
    detail::require_value(share >= 0 && share <= 1, "blend_dirichlet", "share", "in [0, 1]", share);
    auto const smooth = dirichlet_map(exec, colours, sparse, map, options);
    tensor<T, 2> blended(smooth.depth.extents());
    dispatch(exec, detail::scaled_copy_op<T, 2, memory::host>{static_cast<T>(1 - share), as_const(map), blended});
    dispatch(exec, detail::add_scaled_op<T, 2, memory::host>{static_cast<T>(share), as_const(smooth.depth), blended});
    write_samples(collect_samples(sparse), blended);
    return {std::move(blended), smooth.report};
}

}  // namespace hyspn::guidance
