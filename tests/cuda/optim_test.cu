// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <concepts>
#include <type_traits>

#include <cuda/on_device.hpp>
#include <support/catch.hpp>

#include <hyspn/manifold/manifold_points.hpp>
#include <hyspn/optim/adam.hpp>
#include <hyspn/optim/riemannian_adam.hpp>
#include <hyspn/optim/riemannian_sgd.hpp>
#include <hyspn/optim/sgd.hpp>

namespace hyspn::testing {

/// Numbers and points on the device, a scale on the host.
template <class T, class M>
struct learned {
    tensor<T, 3, M> z;
    T tau;
    tensor<T, 2, M> points;

    template <class Self, class F>
        requires std::same_as<std::remove_const_t<Self>, learned>
    friend void for_each_leaf(Self& p, F&& f)
    {
        f("z", as_view(p.z));
        f("tau", positive_leaf(p.tau));
        f("points", manifold_leaf(p.points, poincare_ball<T>{T(0.7)}));
    }
};

/// The same without points, for optimisers that know none.
template <class T, class M>
struct plain {
    tensor<T, 3, M> z;
    T tau;

    template <class Self, class F>
        requires std::same_as<std::remove_const_t<Self>, plain>
    friend void for_each_leaf(Self& p, F&& f)
    {
        f("z", as_view(p.z));
        f("tau", positive_leaf(p.tau));
    }
};

namespace {

template <class T, class Optimiser>
void check_numbers(Optimiser const& optimiser)
{
    exec::cuda const device;
    auto const z = normal_values<T, 3>({{3, 5, 67}}, 1, 1), g = normal_values<T, 3>({{3, 5, 67}}, 1, 2);
    plain<T, memory::host> p{z, T(0.5)}, slope{g, T(-0.25)};
    plain<T, memory::device> q{to_device(device, z), T(0.5)}, device_slope{to_device(device, g), T(-0.25)};
    optim::state<T> run;
    optim::state<T, memory::device> device_run;
    for (int t = 0; t < 3; ++t) {
        optimiser.step(exec::seq{}, p, slope, run);
        optimiser.step(device, q, device_slope, device_run);
    }
    CHECK(error_in_eps(to_host(device, q.z), p.z) < 8);
    CHECK(q.tau == p.tau);
}

template <class T, class Optimiser>
void check_points(Optimiser const& optimiser)
{
    exec::cuda const device;
    auto const z = normal_values<T, 3>({{3, 5, 67}}, 1, 1), g = normal_values<T, 3>({{3, 5, 67}}, 1, 2);
    auto const x = normal_values<T, 2>({{300, 3}}, 0.2, 3), h = normal_values<T, 2>({{300, 3}}, 1, 4);
    learned<T, memory::host> p{z, T(0.5), x}, slope{g, T(-0.25), h};
    learned<T, memory::device> q{to_device(device, z), T(0.5), to_device(device, x)};
    learned<T, memory::device> device_slope{to_device(device, g), T(-0.25), to_device(device, h)};
    optim::state<T> run;
    optim::state<T, memory::device> device_run;
    for (int t = 0; t < 3; ++t) {
        optimiser.step(exec::seq{}, p, slope, run);
        optimiser.step(device, q, device_slope, device_run);
    }
    CHECK(error_in_eps(to_host(device, q.z), p.z) < 8);
    CHECK(error_in_eps(to_host(device, q.points), p.points) < 64);
    CHECK(q.tau == p.tau);
}

}  // namespace

TEMPLATE_TEST_CASE("cuda: sgd, adam and adamw as on exec::seq", "", float, double)
{
    check_numbers<TestType>(optim::sgd{.rate = 0.1, .momentum = 0.9, .nesterov = true, .weight_decay = 0.1});
    check_numbers<TestType>(optim::adam{.rate = 0.1});
    check_numbers<TestType>(optim::adamw{.rate = 0.1});
}

TEMPLATE_TEST_CASE("cuda: riemannian_sgd and riemannian_adam as on exec::seq", "", float, double)
{
    check_points<TestType>(optim::riemannian_sgd{.rate = 0.1, .weight_decay = 0.1});
    check_points<TestType>(optim::riemannian_sgd{.rate = 0.1, .momentum = 0.9, .nesterov = true});
    check_points<TestType>(optim::riemannian_adam{.rate = 0.1});
    check_points<TestType>(optim::riemannian_adam{.rate = 0.1, .ball = {.map = optim::ball_map::retraction}});
}

}  // namespace hyspn::testing
