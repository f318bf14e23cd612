// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// The fixed point against the limit of the steps, its laws and its gradients.

#include <cstring>

#include <hyspn/propagation/diffusion.hpp>

#include "propagation/support.hpp"
#include "support/catch.hpp"

using namespace hyspn;
using namespace hyspn::propagation;

namespace {

tensor<double, 4> uniform(dims<4> const& e, std::uint64_t seed, double low, double high)
{
    random_stream stream(seed);
    tensor<double, 4> made(e);
    for (double& x : made) x = low + (high - low) * stream.uniform();
    return made;
}

dims<4> const sizes[] = {{1, 1, 1, 1}, {1, 2, 1, 17}, {2, 1, 13, 1}, {2, 2, 11, 19}};

dims<4> gates_of(dims<4> const& e)
{
    return {e[0], 9, e[2], e[3]};
}

}  // namespace

TEST_CASE("fixed point: the limit of the diffusion's steps")
{
    for (auto const& e : sizes) {
        auto const gates = uniform(gates_of(e), 1, -2, 2), seed = uniform(e, 2, 0, 1);
        tensor<double, 4> iterated(e), solved(e);
        diffusion_inputs<double> const in{.gates = gates, .seed = seed};
        presets::diffusion{.steps = 300, .alpha = 0.2}.forward(exec::seq{}, in, iterated);
        auto const report = presets::diffusion_fixed_point{.alpha = 0.2, .tolerance = 1e-13}.forward(
            exec::omp{.threads = 3}, in, solved);
        CHECK(testing::relative_error(solved, iterated) <= 1e-11);
        CHECK(report.residual <= 1e-13);
        CHECK(report.iterations < 60);
    }
}

TEST_CASE("fixed point: constants stay, and every value lies within the seeds")
{
    for (auto const& e : sizes) {
        auto const gates = uniform(gates_of(e), 3, -3, 3), seed = uniform(e, 4, -1, 1);
        tensor<double, 4> ones(e), out(e);
        for (double& x : ones) x = 1;
        presets::diffusion_fixed_point const net{.alpha = 0.05, .tolerance = 1e-12};
        net.forward(exec::seq{}, diffusion_inputs<double>{.gates = gates, .seed = ones}, out);
        CHECK(testing::relative_error(out, ones) <= 1e-10);
        net.forward(exec::seq{}, diffusion_inputs<double>{.gates = gates, .seed = seed}, out);
        double const low = *std::min_element(seed.begin(), seed.end());
        double const high = *std::max_element(seed.begin(), seed.end());
        for (double x : out) {
            CHECK(x >= low - 1e-10);
            CHECK(x <= high + 1e-10);
        }
    }
}

TEST_CASE("fixed point: the guess does not matter, a seed of 0 gives 0, the threads do not matter")
{
    dims<4> const e{1, 2, 33, 47};
    auto const gates = uniform(gates_of(e), 5, -1, 1), seed = uniform(e, 6, 0, 1), guess = uniform(e, 7, -9, 9);
    tensor<double, 4> a(e), b(e), zero(e);
    presets::diffusion_fixed_point const net{.alpha = 0.1, .tolerance = 1e-12};
    net.forward(exec::omp{.threads = 1}, diffusion_inputs<double>{.gates = gates, .seed = seed}, a);
    net.forward(exec::seq{}, diffusion_inputs<double>{.initial = guess, .gates = gates, .seed = seed}, b);
    CHECK(testing::relative_error(b, a) <= 1e-10);
    net.forward(exec::omp{.threads = 3}, diffusion_inputs<double>{.gates = gates, .seed = seed}, b);
    CHECK(std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(double)) == 0);
    auto const report =
        net.forward(exec::seq{}, diffusion_inputs<double>{.initial = guess, .gates = gates, .seed = zero}, b);
    CHECK(report.iterations == 0);
    for (double x : b) CHECK(x == 0);
}

TEST_CASE("fixed point: gradients agree with central differences")
{
    dims<4> const e{1, 2, 3, 4};
    auto gates = uniform(gates_of(e), 8, -1, 1), seed = uniform(e, 9, 0, 1);
    auto const dout = uniform(e, 10, -1, 1);
    double alpha = 0.3, dalpha = 0;
    tensor<double, 4> out(e), dgates(gates.extents()), dseed(e), dinitial(e);
    auto const net = [&] { return presets::diffusion_fixed_point{.alpha = alpha, .tolerance = 1e-14}; };
    diffusion_inputs<double> const in{.gates = gates, .seed = seed};
    saved<double> kept;
    net().forward(exec::seq{}, in, out, kept);
    net().backward(exec::seq{}, in, kept, dout,
                   diffusion_gradients<double>{.initial = dinitial, .gates = dgates, .seed = dseed, .alpha = &dalpha});

    auto const difference = [&](double& x) {
        double const h = 1e-5, at = x;
        double loss[2] = {};
        for (int side : {0, 1}) {
            x = at + (side ? h : -h);
            net().forward(exec::seq{}, in, out);
            for (index_t i = 0; i < out.size(); ++i) loss[side] += dout.data()[i] * out.data()[i];
        }
        x = at;
        return (loss[1] - loss[0]) / (2 * h);
    };
    for (index_t i = 0; i < gates.size(); ++i) CHECK(std::abs(difference(gates.data()[i]) - dgates.data()[i]) <= 1e-8);
    for (index_t i = 0; i < seed.size(); ++i) CHECK(std::abs(difference(seed.data()[i]) - dseed.data()[i]) <= 1e-8);
    CHECK(std::abs(difference(alpha) - dalpha) <= 1e-8);
    for (double x : dinitial) CHECK(x == 0);
}

TEST_CASE("fixed point: of any axes, here an anchored network with measurements")
{
    stencil net{.steps = 400,
                .owner = gate_owner::source,
                .normaliser = gate_normaliser::abs_sum,
                .centre = centre_term::current,
                .injection = injection_time::after};
    dims<4> const e{1, 1, 9, 12};
    testing::random_problem drawn(net, e, 41);
    for (double& b : drawn.confidence) b = 0.1 + 0.9 * b;  // each pixel is held a little, so the steps converge
    for (double& g : drawn.gates) g = std::abs(g);
    testing::problem<double> const p(drawn);
    auto const iterated = net.forward(exec::seq{}, p.views());
    tensor<double, 4> solved(e);
    fixed_point{.axes = net, .tolerance = 1e-13}.forward(exec::seq{}, p.views(), solved);
    CHECK(testing::relative_error(solved, iterated) <= 1e-11);
}

TEST_CASE("fixed point: what does not converge is refused, with the residual")
{
    dims<4> const e{1, 1, 15, 15};
    auto const gates = uniform(gates_of(e), 11, -1, 1), seed = uniform(e, 12, 0, 1);
    tensor<double, 4> out(e);
    diffusion_inputs<double> const in{.gates = gates, .seed = seed};
    presets::diffusion_fixed_point const net{.alpha = 0.01, .tolerance = 1e-12, .max_iterations = 2};
    CHECK_THROWS_AS(net.forward(exec::seq{}, in, out), convergence_error);
    try {
        net.forward(exec::seq{}, in, out);
    } catch (convergence_error const& refused) {
        std::string const text = refused.what();
        CHECK(text.starts_with("fixed_point::forward: the residual must be at most 1e-12 after 2 iterations, got "));
    }
    auto nan = seed;
    nan(0, 0, 3, 3) = std::numeric_limits<double>::quiet_NaN();
    CHECK_THROWS_AS(net.forward(exec::seq{}, diffusion_inputs<double>{.gates = gates, .seed = nan}, out),
                    convergence_error);
}
