// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <hyspn/affinity/detail/ham_reference.hpp>
#include <hyspn/core/parameters.hpp>
#include <hyspn/exec/policy.hpp>
#include <hyspn/manifold/beta_ratio.hpp>

/// \file
/// From the public functions of the affinity types to their operation objects: shapes, domains, saved arrays.

namespace hyspn::detail {

/// Shapes of one call of an affinity with weights [O, K, C] and biases [O].
struct affinity_shapes {
    dims<4> x, y;
    dims<3> z;
    dims<1> r;
};

template <class T, class M>
affinity_shapes require_affinity(char const* function, affinity::neighbourhood const& around, index_t outputs,
                                 view<T const, 4, M> const& x, view<T const, 3, M> const& z,
                                 view<T const, 1, M> const& r, char const* r_name = "r")
{
    affinity::require_valid(function, around);
    require_value(outputs >= 1, function, "outputs", "at least 1", static_cast<double>(outputs));
    if (x.extent(1) < 1) raise<shape_error>(function, "x", "[N, C, H, W] with C at least 1", to_string(x.extents()));
    affinity_shapes const s{x.extents(),
                            {x.extent(0), outputs, x.extent(2), x.extent(3)},
                            {outputs, around.count(), x.extent(1)},
                            {outputs}};
    require_shape(function, "z", "[O, K, C]", z.extents(), s.z);
    require_shape(function, r_name, "[O]", r.extents(), s.r);
    return s;
}

/// Extents of the saved arrays of one call.
struct ham_saved_extents {
    dims<3> radius, norm;
    dims<4> pair, inner;

    ham_saved_extents(ham_options const& options, affinity_shapes const& s)
    {
        bool const used = options.needs_distances();
        norm = {s.x[0], s.x[2], s.x[3]};
        radius = used ? norm : dims<3>{};
        pair = used ? dims<4>{s.x[0], options.around.half(), s.x[2], s.x[3]} : dims<4>{};
        inner = s.y;
    }
};

}  // namespace hyspn::detail

namespace hyspn::affinity {

/// Intermediate values of hyperbolic and naive affinities that backward reads; detail::ham_saved_views says what each
/// holds. About (3·half + O + 2) numbers per pixel, against C for the features.
template <class T, class M = memory::host>
struct ham_saved {
    tensor<T, 3, M> radius;
    tensor<T, 4, M> chord, radial, distance, inner;
    tensor<T, 3, M> norm;
};

}  // namespace hyspn::affinity

namespace hyspn::detail {

template <class T, class M>
ham_saved_views<T, M> views_of(affinity::ham_saved<T, M>& s)
{
    return {as_view(s.radius),   as_view(s.chord), as_view(s.radial),
            as_view(s.distance), as_view(s.inner), as_view(s.norm)};
}

template <class T, class M>
ham_saved_views<T const, M> views_of(affinity::ham_saved<T, M> const& s)
{
    return {as_view(s.radius),   as_view(s.chord), as_view(s.radial),
            as_view(s.distance), as_view(s.inner), as_view(s.norm)};
}

/// Forward pass of either hyperbolic affinity; `saved` may be null.
template <execution_policy P, class T, class M>
void ham_forward(char const* function, P const& exec, ham_options const& options, index_t outputs,
                 view<T const, 4, M> const& x, view<T const, 3, M> const& z, view<T const, 1, M> const& r, T c, T tau,
                 view<T, 4, M> const& y, affinity::ham_saved<T, M>* saved)
{
    auto const shapes = require_affinity(function, options.around, outputs, x, z, r);
    require_shape(function, "y", "[N, O, H, W]", y.extents(), shapes.y);
    require_positive(function, "c", c);
    require_positive(function, "tau", tau);
    ham_saved_views<T, M> views{};
    if (saved) {
        ham_saved_extents const e(options, shapes);
        fit(saved->radius, e.radius);
        fit(saved->chord, e.pair);
        fit(saved->radial, e.pair);
        fit(saved->distance, e.pair);
        fit(saved->inner, e.inner);
        fit(saved->norm, e.norm);
        views = views_of(*saved);
    }
    if (y.size() == 0) return;
    T const kappa = beta_ratio<T>(options.around.count() * x.extent(1), x.extent(1));
    dispatch(exec, ham_forward_op<T, M>{options, x, z, r, c, tau, kappa, y, saved != nullptr, views});
}

/// Backward pass of either hyperbolic affinity.
template <execution_policy P, class T, class M>
void ham_backward(char const* function, P const& exec, ham_options const& options, index_t outputs,
                  view<T const, 4, M> const& x, view<T const, 3, M> const& z, view<T const, 1, M> const& r, T c, T tau,
                  affinity::ham_saved<T, M> const& saved, view<T const, 4, M> const& dy, view<T, 4, M> const& dx,
                  view<T, 3, M> const& dz, view<T, 1, M> const& dr, T& dc, T& dtau)
{
    auto const shapes = require_affinity(function, options.around, outputs, x, z, r);
    require_positive(function, "c", c);
    require_positive(function, "tau", tau);
    ham_saved_extents const e(options, shapes);
    require_shape(function, "saved.radius", "as forward left it", saved.radius.extents(), e.radius);
    require_shape(function, "saved.chord", "as forward left it", saved.chord.extents(), e.pair);
    require_shape(function, "saved.radial", "as forward left it", saved.radial.extents(), e.pair);
    require_shape(function, "saved.distance", "as forward left it", saved.distance.extents(), e.pair);
    require_shape(function, "saved.inner", "as forward left it", saved.inner.extents(), e.inner);
    require_shape(function, "saved.norm", "as forward left it", saved.norm.extents(), e.norm);
    require_shape(function, "dy", "[N, O, H, W]", dy.extents(), shapes.y);
    require_shape(function, "dx", "[N, C, H, W]", dx.extents(), shapes.x);
    require_shape(function, "dp.z", "[O, K, C]", dz.extents(), shapes.z);
    require_shape(function, "dp.r", "[O]", dr.extents(), shapes.r);
    if (dy.size() == 0) return;
    T const kappa = beta_ratio<T>(options.around.count() * x.extent(1), x.extent(1));
    dispatch(exec, ham_backward_op<T, M>{options, x, z, r, c, tau, kappa, views_of(saved), dy, dx, dz, dr, &dc, &dtau});
}

}  // namespace hyspn::detail

#if HYSPN_HAS_OPENMP
#include <hyspn/backends/omp/affinity/ham_backward.hpp>
#include <hyspn/backends/omp/affinity/ham_forward.hpp>
#endif
