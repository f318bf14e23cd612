// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <limits>

#include <manifold/parity_suite.hpp>
#include <manifold/poincare_ops.hpp>

namespace hyspn::testing {

TEMPLATE_LIST_TEST_CASE("Every layout and policy gives the one-vector results, float", "", poincare_ops)
{
    check_layouts<TestType, float>();
}

TEMPLATE_LIST_TEST_CASE("Every layout and policy gives the one-vector results, double", "", poincare_ops)
{
    check_layouts<TestType, double>();
}

TEMPLATE_LIST_TEST_CASE("Operations may overwrite an input", "", poincare_ops)
{
    check_in_place<TestType>();
}

TEMPLATE_TEST_CASE("Tiled kernels keep the values of the one-vector text at extreme pixels", "", float, double)
{
    using T = TestType;
    auto const c = curvature<T>::from_c(T(1));
    point_source source(29);
    T const tiny = std::sqrt(std::numeric_limits<T>::min()) / T(64);
    T const huge = std::sqrt(std::numeric_limits<T>::max());
    for (T special : {T(0), tiny, T(0.9999999), huge}) {
        INFO("length " << special);
        tensor<T, 3> v(3, 2, 700), out(3, 2, 700), logs(3, 2, 700), moved(3, 2, 700);
        tensor<T, 2> d(2, 700);
        source.fill_inside(as_view(v), 1, 3);
        tensor<T, 3> w = v;  // coincident points, except at the special pixels
        for (index_t j : {0, 511, 512, 699}) {
            for (index_t channel = 0; channel < 3; ++channel) v(channel, 1, j) = 0;
            v(1, 1, j) = special;
            for (index_t channel = 0; channel < 3; ++channel) w(channel, 1, j) = 0;
        }
        exec::omp const exec{.threads = 2};
        poincare::expmap0(exec, c, v, out);
        poincare::logmap0(exec, c, v, logs);
        poincare::dist(exec, c, v, w, d);
        poincare::mobius_add(exec, c, v, w, moved);
        for (index_t i = 0; i < 2; ++i)
            for (index_t j = 0; j < 700; ++j) {
                tensor<T, 1> wanted(3);
                auto const x = point_at(as_view(v), 0, i, j), y = point_at(as_view(w), 0, i, j);
                poincare::expmap0(c, x, as_view(wanted));
                CHECK(distance_in_eps<T>(point_at(as_view(out), 0, i, j), as_view(wanted)) <= parity_bar);
                if (special == huge && norm(x) > T(1)) continue;  // not a point of the ball
                poincare::logmap0(c, x, as_view(wanted));
                CHECK(distance_in_eps<T>(point_at(as_view(logs), 0, i, j), as_view(wanted)) <= parity_bar);
                poincare::mobius_add(c, x, y, as_view(wanted));
                CHECK(distance_in_eps<T>(point_at(as_view(moved), 0, i, j), as_view(wanted)) <= parity_bar);
                T const distance = poincare::dist(c, x, y);
                CHECK(std::fabs(static_cast<double>(d(i, j) - distance)) <=
                      parity_bar * static_cast<double>(math_traits<T>::unit_roundoff * distance));
            }
    }
}

}  // namespace hyspn::testing
