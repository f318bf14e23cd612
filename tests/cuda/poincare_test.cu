// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <cmath>
#include <utility>
#include <vector>

#include <cuda/on_device.hpp>
#include <manifold/poincare_ops.hpp>
#include <support/catch.hpp>

// The operations of the ball on the device against exec::seq: the same text, but other products are fused and the
// elementary functions are not those of the host.
namespace hyspn::testing {
namespace {

constexpr double parity_bar = 64;  // eps of the largest element

template <class Op, std::size_t Rank>
dims<Op::scalar_output ? Rank - 1 : Rank> output_extents(dims<Rank> const& e)
{
    if constexpr (Op::scalar_output)
        return hyspn::detail::without_point_axis(e);
    else
        return e;
}

template <class Op, class T, std::size_t Rank>
void check_parity(dims<Rank> const& e)
{
    INFO(Op::name << " on " << to_string(e));
    constexpr std::size_t inputs = Op::inputs.size();
    exec::cuda const gpu;
    auto const c = curvature<T>::from_c(T(0.7));
    std::vector<tensor<T, Rank>> in, grad;
    std::vector<tensor<T, Rank, memory::device>> in_device, grad_device;
    for (std::size_t k = 0; k < inputs; ++k) {
        in.push_back(normal_values<T>(e, 0.15, 3 + k));
        grad.emplace_back(e);
        in_device.push_back(to_device(gpu, in[k]));
        grad_device.emplace_back(e);
    }
    auto const out_extents = output_extents<Op>(e);
    auto const g = normal_values<T>(out_extents, 1, 9);
    auto const g_device = to_device(gpu, g);
    tensor<T, Op::scalar_output ? Rank - 1 : Rank> out(out_extents);
    auto out_device = to_device(gpu, out);

    T c_bar, c_bar_device;
    if constexpr (inputs == 1) {
        Op::forward(exec::seq{}, c, in[0], out);
        Op::forward(gpu, c, in_device[0], out_device);
        c_bar = Op::vjp(exec::seq{}, c, in[0], g, grad[0]);
        c_bar_device = Op::vjp(gpu, c, in_device[0], g_device, grad_device[0]);
    } else {
        Op::forward(exec::seq{}, c, in[0], in[1], out);
        Op::forward(gpu, c, in_device[0], in_device[1], out_device);
        c_bar = Op::vjp(exec::seq{}, c, in[0], in[1], g, grad[0], grad[1]);
        c_bar_device = Op::vjp(gpu, c, in_device[0], in_device[1], g_device, grad_device[0], grad_device[1]);
    }

    CHECK(error_in_eps(to_host(gpu, out_device), out) <= parity_bar);
    for (std::size_t k = 0; k < inputs; ++k) CHECK(error_in_eps(to_host(gpu, grad_device[k]), grad[k]) <= parity_bar);
    double const places = static_cast<double>(out.size() > 0 ? out.size() : 1);
    CHECK(std::fabs(static_cast<double>(c_bar_device - c_bar)) <=
          parity_bar * places * static_cast<double>(std::numeric_limits<T>::epsilon()));
}

template <class Op, class T>
void check_layouts()
{
    for (auto const& e : {dims<2>{{0, 3}}, {{1, 1}}, {{5000, 7}}}) check_parity<Op, T>(e);
    check_parity<Op, T>(dims<3>{{4, 7, 33}});
    check_parity<Op, T>(dims<4>{{2, 3, 45, 60}});
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("cuda: operations of the ball as exec::seq does them, float", "", poincare_ops)
{
    check_layouts<TestType, float>();
}

TEMPLATE_LIST_TEST_CASE("cuda: operations of the ball as exec::seq does them, double", "", poincare_ops)
{
    check_layouts<TestType, double>();
}

}  // namespace hyspn::testing
