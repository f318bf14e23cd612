// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <cuda/pointwise_suite.hpp>
#include <manifold/wrapped_normal_ops.hpp>

#include <hyspn/manifold/lorentz/centroid.hpp>
#include <hyspn/manifold/poincare/cdist.hpp>
#include <hyspn/manifold/poincare/frechet_mean.hpp>
#include <hyspn/manifold/poincare/frechet_variance.hpp>
#include <hyspn/manifold/points/delta_hyperbolicity.hpp>
#include <hyspn/manifold/points/farthest_points.hpp>
#include <hyspn/manifold/points/nearest_neighbours.hpp>

namespace hyspn::testing {

TEMPLATE_LIST_TEST_CASE("cuda: the wrapped normal as exec::seq does it", "", wrapped_normal_ops)
{
    check_device_layouts<TestType, float>();
    check_device_layouts<TestType, double>();
}

TEST_CASE("cuda: samples of the wrapped normal as exec::seq draws them")
{
    exec::cuda const gpu;
    auto const c = curvature<float>::from_c(0.7f);
    auto const mean = normal_values<float>(dims<2>{{1000, 3}}, 0.15, 1),
               scale = normal_values<float>(mean.extents(), 0.5, 2);
    auto noise = mean, out = mean;
    auto const mean_there = to_device(gpu, mean), scale_there = to_device(gpu, scale);
    auto noise_there = to_device(gpu, noise), out_there = to_device(gpu, out);
    poincare::sample_wrapped_normal(exec::seq{}, c, mean, scale, 9, noise, out);
    poincare::sample_wrapped_normal(gpu, c, mean_there, scale_there, 9, noise_there, out_there);
    CHECK(error_in_eps(to_host(gpu, noise_there), noise) <= device_parity_bar);
    CHECK(error_in_eps(to_host(gpu, out_there), out) <= device_parity_bar);
}

TEMPLATE_TEST_CASE("cuda: means and variances of sets as exec::seq finds them", "", float, double)
{
    using T = TestType;
    exec::cuda const gpu;
    auto const c = curvature<T>::from_c(T(0.7));
    double const bar = 8 * device_parity_bar;
    for (auto const& e : {dims<3>{{0, 3, 2}}, {{1, 1, 1}}, {{300, 5, 7}}}) {
        INFO("[N, K, D] = " << to_string(e));
        dims<2> const rows{{e[0], e[2]}}, masses{{e[0], e[1]}};
        auto const points = normal_values<T>(e, 0.15, 3);
        auto const weights = normal_values<T>(masses, 1, 4), g = normal_values<T>(rows, 1, 5);
        auto const number_g = normal_values<T>(dims<1>{{e[0]}}, 1, 6);
        tensor<T, 2> mean(rows), middle(rows), dw(masses), dcenter(rows);
        tensor<T, 3> dx(e);
        tensor<T, 1> variance(e[0]);
        auto const points_there = to_device(gpu, points);
        auto const weights_there = to_device(gpu, weights), g_there = to_device(gpu, g);
        auto const number_g_there = to_device(gpu, number_g);
        auto mean_there = to_device(gpu, mean), middle_there = to_device(gpu, middle), dw_there = to_device(gpu, dw),
             dcenter_there = to_device(gpu, dcenter);
        auto dx_there = to_device(gpu, dx);
        auto variance_there = to_device(gpu, variance);
        auto const compare = [&] {
            CHECK(error_in_eps(to_host(gpu, dw_there), dw) <= bar);
            CHECK(error_in_eps(to_host(gpu, dx_there), dx) <= bar);
        };

        poincare::weighted_midpoint(exec::seq{}, c, weights, points, middle);
        poincare::weighted_midpoint(gpu, c, weights_there, points_there, middle_there);
        CHECK(error_in_eps(to_host(gpu, middle_there), middle) <= device_parity_bar);
        poincare::weighted_midpoint_vjp(exec::seq{}, c, weights, points, g, dw, dx);
        poincare::weighted_midpoint_vjp(gpu, c, weights_there, points_there, g_there, dw_there, dx_there);
        compare();

        lorentz::centroid(exec::seq{}, c, weights, points, mean);
        lorentz::centroid(gpu, c, weights_there, points_there, mean_there);
        CHECK(error_in_eps(to_host(gpu, mean_there), mean) <= device_parity_bar);
        lorentz::centroid_vjp(exec::seq{}, c, weights, points, g, dw, dx);
        lorentz::centroid_vjp(gpu, c, weights_there, points_there, g_there, dw_there, dx_there);
        compare();

        CHECK(poincare::frechet_mean(exec::seq{}, c, weights, points, mean).converged());
        CHECK(poincare::frechet_mean(gpu, c, weights_there, points_there, mean_there).converged());
        CHECK(error_in_eps(to_host(gpu, mean_there), mean) <= device_parity_bar);
        poincare::frechet_mean_vjp(exec::seq{}, c, weights, points, mean, g, dw, dx);
        poincare::frechet_mean_vjp(gpu, c, weights_there, points_there, mean_there, g_there, dw_there, dx_there);
        compare();

        poincare::frechet_variance(exec::seq{}, c, weights, points, middle, variance);
        poincare::frechet_variance(gpu, c, weights_there, points_there, middle_there, variance_there);
        CHECK(error_in_eps(to_host(gpu, variance_there), variance) <= bar);
        poincare::frechet_variance_vjp(exec::seq{}, c, weights, points, middle, number_g, dw, dx, dcenter);
        poincare::frechet_variance_vjp(gpu, c, weights_there, points_there, middle_there, number_g_there, dw_there,
                                       dx_there, dcenter_there);
        compare();
    }
}

TEMPLATE_TEST_CASE("cuda: distances of pairs and what is made of them as exec::seq has it", "", float, double)
{
    using T = TestType;
    exec::cuda const gpu;
    auto const c = curvature<T>::from_c(T(0.7));
    auto const x = normal_values<T>(dims<2>{{500, 9}}, 0.1, 3), y = normal_values<T>(dims<2>{{77, 9}}, 0.1, 4);
    auto const x_there = to_device(gpu, x), y_there = to_device(gpu, y);
    tensor<T, 2> d(500, 77), dx(500, 9), dy(77, 9), near(500, 4);
    tensor<index_t, 2> at(500, 4);
    auto d_there = to_device(gpu, d), dx_there = to_device(gpu, dx), dy_there = to_device(gpu, dy),
         near_there = to_device(gpu, near);
    auto at_there = to_device(gpu, at);
    auto const g = normal_values<T>(d.extents(), 1, 5);
    auto const g_there = to_device(gpu, g);
    poincare::cdist(exec::seq{}, c, x, y, d);
    poincare::cdist(gpu, c, x_there, y_there, d_there);
    CHECK(error_in_eps(to_host(gpu, d_there), d) <= device_parity_bar);
    poincare::cdist_vjp(exec::seq{}, c, x, y, g, dx, dy);
    poincare::cdist_vjp(gpu, c, x_there, y_there, g_there, dx_there, dy_there);
    CHECK(error_in_eps(to_host(gpu, dx_there), dx) <= 8 * device_parity_bar);
    CHECK(error_in_eps(to_host(gpu, dy_there), dy) <= 8 * device_parity_bar);
    points::nearest_neighbours(exec::seq{}, poincare::dist, c, x, y, near, at);
    points::nearest_neighbours(gpu, poincare::dist, c, x_there, y_there, near_there, at_there);
    CHECK(error_in_eps(to_host(gpu, near_there), near) <= device_parity_bar);
    auto const few = points::farthest_points(exec::seq{}, poincare::dist, c, x, 20);
    auto const few_there = points::farthest_points(gpu, poincare::dist, c, x_there, 20);
    CHECK(error_in_eps(few_there.radii, few.radii) <= device_parity_bar);
    auto const flat = points::sampled_delta_hyperbolicity(exec::seq{}, poincare::dist, c, x, 10000, 3);
    auto const flat_there = points::sampled_delta_hyperbolicity(gpu, poincare::dist, c, x_there, 10000, 3);
    CHECK(flat_there.delta == Approx(flat.delta).epsilon(1e-4));
    CHECK(flat_there.diameter == Approx(flat.diameter).epsilon(1e-4));
}

}  // namespace hyspn::testing
