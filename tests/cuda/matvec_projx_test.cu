// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <cmath>

#include <cuda/on_device.hpp>
#include <support/catch.hpp>

#include <hyspn/manifold/lorentz/rotate.hpp>
#include <hyspn/manifold/poincare/mobius_matvec.hpp>
#include <hyspn/manifold/poincare/projx.hpp>

namespace hyspn::testing {

namespace {

constexpr double bar = 64;  // eps of the largest element

template <class T, std::size_t Rank>
void check_matvec(dims<Rank> const& e, index_t rows)
{
    INFO("matvec of " << to_string(e));
    std::size_t const axis = Rank == 3 ? 0 : 1;
    dims<Rank> to = e;
    to[axis] = rows;
    exec::cuda const gpu;
    auto const c = curvature<T>::from_c(T(0.7));
    auto const m = normal_values<T>(dims<2>{{rows, e[axis]}}, 1, 2);
    auto const x = normal_values<T>(e, 0.15, 3), g = normal_values<T>(to, 1, 4);
    auto const m_device = to_device(gpu, m);
    auto const x_device = to_device(gpu, x), g_device = to_device(gpu, g);
    tensor<T, Rank> out(to), dx(e);
    tensor<T, 2> dm(m.extents());
    auto out_device = to_device(gpu, out), dx_device = to_device(gpu, dx);
    auto dm_device = to_device(gpu, dm);

    poincare::mobius_matvec(exec::seq{}, c, m, x, out);
    poincare::mobius_matvec(gpu, c, m_device, x_device, out_device);
    T const c_bar = poincare::mobius_matvec_vjp(exec::seq{}, c, m, x, g, dm, dx);
    T const c_bar_device = poincare::mobius_matvec_vjp(gpu, c, m_device, x_device, g_device, dm_device, dx_device);

    CHECK(error_in_eps(to_host(gpu, out_device), out) <= bar);
    CHECK(error_in_eps(to_host(gpu, dx_device), dx) <= bar);
    CHECK(error_in_eps(to_host(gpu, dm_device), dm) <= bar);
    CHECK(std::fabs(static_cast<double>(c_bar_device - c_bar)) <=
          bar * static_cast<double>(out.size() + 1) * static_cast<double>(math_traits<T>::unit_roundoff));
}

template <class T, std::size_t Rank>
void check_rotate(dims<Rank> const& e)
{
    INFO("rotate " << to_string(e));
    index_t const d = e[Rank == 3 ? 0 : 1];
    exec::cuda const gpu;
    auto const c = curvature<T>::from_c(T(0.7));
    auto const r = normal_values<T>(dims<2>{{d, d}}, 1, 2);
    auto const x = normal_values<T>(e, 1, 3), g = normal_values<T>(e, 1, 4);
    auto const r_device = to_device(gpu, r);
    auto const x_device = to_device(gpu, x), g_device = to_device(gpu, g);
    tensor<T, Rank> out(e), dx(e);
    tensor<T, 2> dr(r.extents());
    auto out_device = to_device(gpu, out), dx_device = to_device(gpu, dx);
    auto dr_device = to_device(gpu, dr);
    lorentz::rotate(exec::seq{}, c, r, x, out);
    lorentz::rotate(gpu, c, r_device, x_device, out_device);
    lorentz::rotate_vjp(exec::seq{}, c, r, x, g, dr, dx);
    lorentz::rotate_vjp(gpu, c, r_device, x_device, g_device, dr_device, dx_device);
    CHECK(error_in_eps(to_host(gpu, out_device), out) <= bar);
    CHECK(error_in_eps(to_host(gpu, dx_device), dx) <= bar);
    CHECK(error_in_eps(to_host(gpu, dr_device), dr) <= bar);
}

}  // namespace

TEMPLATE_TEST_CASE("cuda: rotations by a matrix as exec::seq does them", "", float, double)
{
    check_rotate<TestType>(dims<2>{{0, 3}});
    check_rotate<TestType>(dims<2>{{5000, 7}});
    check_rotate<TestType>(dims<3>{{4, 7, 33}});
    check_rotate<TestType>(dims<4>{{2, 3, 45, 60}});
}

TEMPLATE_TEST_CASE("cuda: matrix multiplication as exec::seq does it", "", float, double)
{
    check_matvec<TestType>(dims<2>{{0, 3}}, 2);
    check_matvec<TestType>(dims<2>{{5000, 7}}, 4);
    check_matvec<TestType>(dims<3>{{4, 7, 33}}, 6);
    check_matvec<TestType>(dims<4>{{2, 3, 45, 60}}, 2);
}

TEMPLATE_TEST_CASE("cuda: projection as exec::seq does it", "", float, double)
{
    using T = TestType;
    exec::cuda const gpu;
    auto const c = curvature<T>::from_c(T(0.7));
    auto const x = normal_values<T>(dims<3>{{3, 45, 60}}, 0.7, 3), g = normal_values<T>(dims<3>{{3, 45, 60}}, 1, 4);
    auto const x_device = to_device(gpu, x), g_device = to_device(gpu, g);
    tensor<T, 3> out(x.extents()), dx(x.extents());
    auto out_device = to_device(gpu, out), dx_device = to_device(gpu, dx);
    index_t const moved = poincare::projx(exec::seq{}, c, x, out);
    CHECK(moved > 0);
    CHECK(poincare::projx(gpu, c, x_device, out_device) == moved);
    CHECK(error_in_eps(to_host(gpu, out_device), out) <= bar);
    T const c_bar = poincare::projx_vjp(exec::seq{}, c, x, g, dx);
    T const c_bar_device = poincare::projx_vjp(gpu, c, x_device, g_device, dx_device);
    CHECK(error_in_eps(to_host(gpu, dx_device), dx) <= bar);
    CHECK(std::fabs(static_cast<double>(c_bar_device - c_bar)) <=
          bar * static_cast<double>(out.size()) * static_cast<double>(math_traits<T>::unit_roundoff));
}

}  // namespace hyspn::testing
