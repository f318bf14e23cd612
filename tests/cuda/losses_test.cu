// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <concepts>
#include <cstdint>
#include <type_traits>
#include <vector>

#include <cuda/on_device.hpp>
#include <support/catch.hpp>
#include <support/thrown.hpp>

#include <hyspn/core/leaf.hpp>
#include <hyspn/nn/loss/cross_entropy.hpp>
#include <hyspn/nn/loss/nll.hpp>
#include <hyspn/nn/loss/pair_affinity.hpp>
#include <hyspn/nn/loss/regression.hpp>
#include <hyspn/nn/loss/silog.hpp>
#include <hyspn/nn/loss/weighted_iterates.hpp>
#include <hyspn/optim/clip_gradient_norm.hpp>
#include <hyspn/optim/ema.hpp>
#include <hyspn/optim/gradients.hpp>

namespace hyspn::testing {

/// Numbers on the device, a scale on the host.
template <class T, class M>
struct scaled_numbers {
    tensor<T, 3, M> z;
    T tau;

    template <class Self, class F>
        requires std::same_as<std::remove_const_t<Self>, scaled_numbers>
    friend void for_each_leaf(Self& p, F&& f)
    {
        f("z", as_view(p.z));
        f("tau", positive_leaf(p.tau));
    }
};

namespace {

namespace loss = nn::loss;

/// Uniform in (low, high).
template <class T>
tensor<T, 4> uniform_values(dims<4> const& e, double low, double high, std::uint64_t seed)
{
    tensor<T, 4> t(e);
    random_stream stream(seed);
    for (T& x : t) x = static_cast<T>(low + (high - low) * stream.uniform());
    return t;
}

tensor<std::int32_t, 3> labels_of(dims<3> const& e, index_t classes)
{
    tensor<std::int32_t, 3> t(e);
    random_stream stream(9);
    for (std::int32_t& x : t) x = static_cast<std::int32_t>(stream.below(classes + 1)) - 1;
    return t;
}

/// evaluate(exec, x, gradient) on both.
template <class T, class Evaluate, class OnDevice>
void check_loss(tensor<T, 4> const& x, Evaluate const& evaluate, OnDevice const& on_device)
{
    exec::cuda const device;
    tensor<T, 4> g(x.extents());
    auto const on = to_device(device, x);
    tensor<T, 4, memory::device> device_g(x.extents());
    double const expected = evaluate(exec::seq{}, x, g);
    CHECK(on_device(device, on, device_g) == Approx(expected).epsilon(1e-12));
    CHECK(error_in_eps(to_host(device, device_g), g) < 16);
}

template <class T, class L>
void check_map(L const& law)
{
    exec::cuda const device;
    dims<4> const e{{2, 1, 67, 71}};
    auto const x = uniform_values<T>(e, 0.5, 9, 1), target = uniform_values<T>(e, 0.5, 9, 2);
    auto const mask = uniform_values<T>(e, -1, 1, 3);
    auto const device_target = to_device(device, target), device_mask = to_device(device, mask);
    check_loss(
        x,
        [&](auto const& exec, auto const& p, auto& g) {
            return loss::value_and_gradient(exec, law, p, target, mask, g);
        },
        [&](auto const& exec, auto const& p, auto& g) {
            CHECK(loss::value(exec, law, p, device_target) ==
                  Approx(loss::value(exec::seq{}, law, x, target)).epsilon(1e-12));
            return loss::value_and_gradient(exec, law, p, device_target, device_mask, g);
        });
}

template <class T, class L>
void check_labels(L const& law)
{
    exec::cuda const device;
    dims<4> const e{{2, 5, 67, 71}};
    auto const x = uniform_values<T>(e, 0.1, 3, 1);
    auto const labels = labels_of({{2, 67, 71}}, 5);
    tensor<double, 1> weights(5);
    for (index_t l = 0; l < 5; ++l) weights(l) = 0.5 + static_cast<double>(l);
    auto const device_labels = to_device(device, labels);
    check_loss(
        x, [&](auto const& exec, auto const& z, auto& g) { return loss::value_and_gradient(exec, law, z, labels, g); },
        [&](auto const& exec, auto const& z, auto& g) {
            CHECK(loss::value(exec, law, z, device_labels, to_device(exec, weights)) ==
                  Approx(loss::value(exec::seq{}, law, x, labels, weights)).epsilon(1e-12));
            return loss::value_and_gradient(exec, law, z, device_labels, g);
        });
}

template <class T, class Truth>
void check_pairs(Truth const& truth)
{
    exec::cuda const device;
    auto const device_truth = to_device(device, truth);
    loss::pair_affinity const law{};
    check_loss(
        uniform_values<T>({{2, 8, 67, 71}}, 0, 1, 1),
        [&](auto const& exec, auto const& a, auto& g) { return loss::value_and_gradient(exec, law, a, truth, g); },
        [&](auto const& exec, auto const& a, auto& g) {
            return loss::value_and_gradient(exec, law, a, device_truth, g);
        });
}

}  // namespace

TEMPLATE_TEST_CASE("cuda: losses and their gradients as on exec::seq", "", float, double)
{
    check_map<TestType>(loss::l1{});
    check_map<TestType>(loss::l2{});
    check_map<TestType>(loss::l1_l2{});
    check_map<TestType>(loss::huber{.delta = 2});
    check_map<TestType>(loss::inverse_depth_l1{});
    check_map<TestType>(loss::silog{});
    check_labels<TestType>(loss::cross_entropy{.label_smoothing = 0.1});
    check_labels<TestType>(loss::nll{});
    check_pairs<TestType>(labels_of({{2, 67, 71}}, 3));
    check_pairs<TestType>(uniform_values<TestType>({{2, 1, 67, 71}}, -0.1, 2, 4));
}

TEST_CASE("cuda: strange labels are seen on the device")
{
    exec::cuda const device;
    auto const z = to_device(device, uniform_values<float>({{2, 3, 67, 71}}, 0, 1, 1));
    auto const labels = to_device(device, labels_of({{2, 67, 71}}, 5));
    CHECK(!thrown<value_error>([&] { loss::value(device, loss::cross_entropy{}, z, labels); }).empty());
}

TEMPLATE_TEST_CASE("cuda: norms, sums and averages of gradients as on exec::seq", "", float, double)
{
    exec::cuda const device;
    auto const z = normal_values<TestType, 3>({{3, 37, 67}}, 1, 1), w = normal_values<TestType, 3>({{3, 37, 67}}, 1, 2);
    auto const run = [](auto const& exec, auto& a, auto const& b) {
        double const norm = optim::clip_gradient_norm(exec, a, 3);
        optim::accumulate(exec, a, b, 0.25);
        optim::ema{}.update(exec, b, a, 5);
        return norm;
    };
    scaled_numbers<TestType, memory::host> a{z, TestType(0.5)}, b{w, TestType(0.25)};
    scaled_numbers<TestType, memory::device> c{to_device(device, z), TestType(0.5)};
    scaled_numbers<TestType, memory::device> const d{to_device(device, w), TestType(0.25)};
    CHECK(run(device, c, d) == Approx(run(exec::seq{}, a, b)).epsilon(1e-14));
    CHECK(error_in_eps(to_host(device, c.z), a.z) < 8);
    CHECK(c.tau == a.tau);
    optim::zero(device, c);
    CHECK(optim::gradient_norm(device, c) == 0);
}

TEST_CASE("cuda: iterates count the more the later they come")
{
    exec::cuda const device;
    dims<4> const e{{1, 1, 17, 19}};
    auto const x = uniform_values<double>(e, 0.5, 9, 1), target = uniform_values<double>(e, 0.5, 9, 2);
    auto const device_x = to_device(device, x), device_target = to_device(device, target);
    loss::weighted_iterates const weighted{.decay = 0.5};
    std::vector<tensor<double, 4, memory::device>> device_g(2);
    std::vector<tensor<double, 4>> g(2, tensor<double, 4>(e));
    for (auto& each : device_g) each = tensor<double, 4, memory::device>(e);
    auto const at = [](index_t t) { return static_cast<std::size_t>(t); };
    double const expected = weighted.value_and_gradient(
        exec::seq{}, 2,
        [&](index_t t) { return loss::value_and_gradient(exec::seq{}, loss::l2{}, x, target, g[at(t)]); }, g);
    CHECK(weighted.value_and_gradient(
              device, 2,
              [&](index_t t) {
                  return loss::value_and_gradient(device, loss::l2{}, device_x, device_target, device_g[at(t)]);
              },
              device_g) == Approx(expected).epsilon(1e-13));
    for (std::size_t t = 0; t < 2; ++t) CHECK(error_in_eps(to_host(device, device_g[t]), g[t]) < 4);
}

}  // namespace hyspn::testing
