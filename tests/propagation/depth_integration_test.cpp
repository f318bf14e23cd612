// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Integration of differences of depth: the golden file, its laws and gradients, refusals.

#include <hyspn/propagation/presets/depth_integration.hpp>

#include "propagation/graphs_support.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"

using namespace hyspn;
using namespace hyspn::propagation;
using testing::uniform;

namespace {

dims<4> edges_of(dims<4> const& e)
{
    return {e[0], 2, e[2], e[3]};
}

dims<4> const sizes[] = {{1, 1, 1, 1}, {2, 1, 1, 17}, {1, 1, 13, 1}, {2, 1, 11, 19}, {1, 1, 29, 31}};

template <class T>
struct problem {
    tensor<T, 4> differences, edge_confidence, measured, confidence;

    /// Confidences from 0, a third of the pixels measured, the first always.
    problem(dims<4> const& e, std::uint64_t seed)
        : differences(uniform<T>(edges_of(e), seed, -1, 1)),
          edge_confidence(uniform<T>(edges_of(e), seed + 1, -0.1, 1)),
          measured(uniform<T>(e, seed + 2, 0, 3)),
          confidence(uniform<T>(e, seed + 3, -2, 1))
    {
        for (T& b : confidence) b = std::max(b, T(0));
        for (index_t n = 0; n < e[0]; ++n) confidence(n, 0, 0, 0) = T(1);
    }
    problem(tensor<T, 4> g, tensor<T, 4> c, tensor<T, 4> s, tensor<T, 4> b)
        : differences(std::move(g)), edge_confidence(std::move(c)), measured(std::move(s)), confidence(std::move(b))
    {
    }

    depth_integration_inputs<T> views() const
    {
        return {.differences = differences,
                .edge_confidence = edge_confidence,
                .measured = measured,
                .confidence = confidence};
    }
};

template <class T>
struct training {
    tensor<T, 4> out;
    depth_integration_saved<T> kept{};
    tensor<T, 4> differences, edge_confidence, measured, confidence;
    T alpha{};
    solver_report there, back;

    template <class P>
    training(P const& exec, presets::depth_integration const& layer, depth_integration_inputs<T> const& in,
             tensor<T, 4> const& dout)
        : out(in.measured.extents()),
          differences(in.differences.extents()),
          edge_confidence(in.differences.extents()),
          measured(in.measured.extents()),
          confidence(in.measured.extents())
    {
        there = layer.forward(exec, in, out, kept);
        back = layer.backward(exec, in, kept, dout, views());
    }

    depth_integration_gradients<T> views()
    {
        return {.differences = differences,
                .edge_confidence = edge_confidence,
                .measured = measured,
                .confidence = confidence,
                .alpha = &alpha};
    }
};

template <class T>
tensor<T, 4> times(tensor<T, 4> a, tensor<T, 4> const& b)
{
    for (index_t i = 0; i < a.size(); ++i) a.data()[i] *= b.data()[i];
    return a;
}

template <class T, class P>
void replay(P const& exec, io::safetensors const& file, std::string const& name)
{
    auto const array = [&](char const* suffix) { return file.get<T, 4>(name + "." + suffix); };
    auto const mask = array("mask");
    problem<T> const p(array("grad"), array("conf"), array("sparse"), times(array("kappa"), mask));
    presets::depth_integration const layer{.alpha = file.get_scalar<double>(name + ".alpha"),
                                           .tolerance = std::is_same_v<T, double> ? 1e-14 : 1e-6};
    training<T> const run(exec, layer, p.views(), array("grad_out"));
    double const tolerance = testing::golden_tolerance<T>, dalpha = file.get_scalar<double>(name + ".grad_alpha");
    INFO(name);
    CHECK(testing::relative_error(run.out, array("out")) <= tolerance);
    CHECK(testing::relative_error(run.differences, array("grad_grad")) <= tolerance);
    CHECK(testing::relative_error(run.edge_confidence, array("grad_conf")) <= tolerance);
    CHECK(testing::relative_error(run.measured, array("grad_sparse")) <= tolerance);
    CHECK(testing::relative_error(times(run.confidence, mask), array("grad_kappa")) <= tolerance);
    CHECK(std::abs(static_cast<double>(run.alpha) - dalpha) <= tolerance * std::abs(dalpha));
}

}  // namespace

TEST_CASE("depth integration: forward and gradients", "[golden]")
{
    auto const file = testing::golden("graphs");
    int replayed = 0;
    for (auto const& name : testing::golden_cases(file, "out")) {
        if (!name.starts_with("depth_integration.")) continue;
        testing::on_policies([&](auto const& exec) {
            replay<double>(exec, file, name);
            replay<float>(exec, file, name);
        });
        ++replayed;
    }
    CHECK(replayed == 3);
}

TEST_CASE("depth integration: one measurement and exact differences restore a map")
{
    for (auto const& e : sizes)
        testing::on_policies([&](auto const& exec) {
            auto const map = uniform<double>(e, 3, 1, 9);
            problem<double> p(e, 4);
            for (double& b : p.confidence) b = 0;
            for (index_t n = 0; n < e[0]; ++n) {
                p.confidence(n, 0, e[2] / 2, e[3] / 2) = 0.7;
                for (index_t y = 0; y < e[2]; ++y)
                    for (index_t x = 0; x < e[3]; ++x) {
                        if (x > 0) p.differences(n, 0, y, x) = map(n, 0, y, x) - map(n, 0, y, x - 1);
                        if (y > 0) p.differences(n, 1, y, x) = map(n, 0, y, x) - map(n, 0, y - 1, x);
                    }
            }
            p.measured = map;
            tensor<double, 4> out(e);
            presets::depth_integration{.tolerance = 1e-13}.forward(exec, p.views(), out);
            CHECK(testing::relative_error(out, map) <= 1e-8);
        });
}

TEST_CASE("depth integration: without differences, values lie within the measurements; linear in g and s")
{
    for (auto const& e : sizes) {
        problem<double> p(e, 5), q(e, 6);
        presets::depth_integration const layer{.tolerance = 1e-14};
        tensor<double, 4> a(e), b(e), sum(e);
        layer.forward(exec::seq{}, p.views(), a);
        q.edge_confidence = p.edge_confidence, q.confidence = p.confidence;
        layer.forward(exec::omp{.threads = 2}, q.views(), b);
        problem<double> both = p;
        for (index_t i = 0; i < q.differences.size(); ++i) both.differences.data()[i] += 2 * q.differences.data()[i];
        for (index_t i = 0; i < q.measured.size(); ++i) both.measured.data()[i] += 2 * q.measured.data()[i];
        layer.forward(exec::seq{}, both.views(), sum);
        for (index_t i = 0; i < a.size(); ++i) a.data()[i] += 2 * b.data()[i];
        CHECK(testing::relative_error(sum, a) <= 1e-10);

        for (double& g : p.differences) g = 0;
        layer.forward(exec::seq{}, p.views(), a);
        for (double x : a) {
            CHECK(x >= 0 - 1e-10);
            CHECK(x <= 3 + 1e-10);
        }
    }
}

TEST_CASE("depth integration: the system is symmetric")
{
    dims<4> const e{2, 1, 7, 9};
    problem<double> const p(e, 8);
    auto const x = uniform<double>(e, 9, -1, 1), y = uniform<double>(e, 10, -1, 1);
    testing::on_policies([&](auto const& exec) {
        hyspn::detail::integration_arrays<double, memory::host> const made(exec, p.views(), 1e-4, 5);
        hyspn::detail::grid_system<double, memory::host> const system{as_const(made.weights), as_const(made.pull),
                                                                      as_const(made.inverse)};
        tensor<double, 4> ax(e), ay(e);
        system.apply(exec, as_const(x), as_view(ax));
        system.apply(exec, as_const(y), as_view(ay));
        CHECK(std::abs(testing::inner(ax, y) - testing::inner(x, ay)) <= 1e-12);
        CHECK(testing::inner(ax, x) > 0);
    });
}

TEST_CASE("depth integration: gradients agree with central differences")
{
    for (dims<4> const& e : {dims<4>{2, 1, 3, 4}, dims<4>{1, 1, 1, 1}, dims<4>{1, 1, 1, 5}, dims<4>{1, 1, 5, 1}}) {
        problem<double> p(e, 11);
        for (double& b : p.confidence) b += 0.25;  // differences are two-sided
        double alpha = 2;
        auto const dout = uniform<double>(e, 12, -1, 1);
        auto const layer = [&] { return presets::depth_integration{.alpha = alpha, .tolerance = 1e-15}; };
        training<double> const run(exec::seq{}, layer(), p.views(), dout);
        auto const loss = [&] {
            tensor<double, 4> out(e);
            layer().forward(exec::seq{}, p.views(), out);
            return testing::inner(dout, out);
        };
        CHECK(testing::gradient_error(p.differences, run.differences, loss) <= 1e-7);
        CHECK(testing::gradient_error(p.edge_confidence, run.edge_confidence, loss) <= 1e-7);
        CHECK(testing::gradient_error(p.measured, run.measured, loss) <= 1e-7);
        CHECK(testing::gradient_error(p.confidence, run.confidence, loss) <= 1e-7);
        CHECK(std::abs(testing::central_difference(alpha, loss) - run.alpha) <= 1e-7);
    }
}

TEST_CASE("depth integration: an image's results do not depend on those beside it, nor on the number of threads")
{
    dims<4> const e{3, 1, 23, 37};
    problem<float> const p(e, 13);
    auto const dout = uniform<float>(e, 14, -1, 1);
    presets::depth_integration const layer{.tolerance = 3e-6};
    training<float> const all(exec::omp{.threads = 1}, layer, p.views(), dout);
    for (int threads : {2, 3}) {
        training<float> const again(exec::omp{.threads = threads}, layer, p.views(), dout);
        CHECK(testing::same_bits(again.out, all.out));
        CHECK(testing::same_bits(again.differences, all.differences));
        CHECK(testing::same_bits(again.edge_confidence, all.edge_confidence));
        CHECK(testing::same_bits(again.confidence, all.confidence));
        CHECK(again.alpha == all.alpha);
    }
    auto const pick = [](tensor<float, 4> const& x, index_t n) { return cast<float>(with_batch(x[n])); };
    for (index_t n = 0; n < e[0]; ++n) {
        problem<float> const alone(pick(p.differences, n), pick(p.edge_confidence, n), pick(p.measured, n),
                                   pick(p.confidence, n));
        training<float> const single(exec::omp{.threads = 2}, layer, alone.views(), pick(dout, n));
        CHECK(testing::same_bits(single.out, pick(all.out, n)));
        CHECK(testing::same_bits(single.edge_confidence, pick(all.edge_confidence, n)));
        CHECK(testing::same_bits(single.confidence, pick(all.confidence, n)));
    }
}

TEST_CASE("depth integration: arrays with gaps, threads against the reference")
{
    for (auto const& e : sizes) {
        problem<double> const p(e, 15);
        auto const dout = uniform<double>(e, 16, -1, 1);
        presets::depth_integration const layer{.tolerance = 1e-14};
        training<double> const wanted(exec::seq{}, layer, p.views(), dout);
        for (index_t step : {1, 2}) {
            testing::spread_array<double> g(p.differences, 3, step), c(p.edge_confidence, 1, step),
                s(p.measured, 5, step), b(p.confidence, 2, step);
            training<double> const got(
                exec::omp{.threads = 3}, layer,
                {.differences = g.view(), .edge_confidence = c.view(), .measured = s.view(), .confidence = b.view()},
                dout);
            CHECK(testing::relative_error(got.out, wanted.out) <= 1e-10);
            CHECK(testing::relative_error(got.differences, wanted.differences) <= 1e-10);
            CHECK(testing::relative_error(got.edge_confidence, wanted.edge_confidence) <= 1e-9);
            CHECK(testing::relative_error(got.confidence, wanted.confidence) <= 1e-10);
        }
    }
}

TEST_CASE("depth integration: measurements of NaN without confidence change nothing and have no gradients")
{
    dims<4> const e{1, 1, 8, 9};
    problem<double> p(e, 17);
    auto const dout = uniform<double>(e, 18, -1, 1);
    presets::depth_integration const layer{.tolerance = 1e-12};
    testing::on_policies([&](auto const& exec) {
        training<double> const plain(exec, layer, p.views(), dout);
        auto gaps = p;
        for (index_t i = 0; i < gaps.measured.size(); ++i)
            if (gaps.confidence.data()[i] == 0) gaps.measured.data()[i] = i % 2 ? std::nan("") : testing::infinity;
        training<double> const run(exec, layer, gaps.views(), dout);
        CHECK(testing::same_bits(run.out, plain.out));
        CHECK(testing::same_bits(run.differences, plain.differences));
        CHECK(run.alpha == plain.alpha);
        for (index_t i = 0; i < gaps.measured.size(); ++i)
            if (gaps.confidence.data()[i] == 0) {
                CHECK(run.confidence.data()[i] == 0);
                CHECK(run.measured.data()[i] == 0);
            }
        CHECK(testing::all_finite(run.confidence));
    });
}

TEST_CASE("depth integration: below the floor of the edge confidences the gradient is 0; a start saves iterations")
{
    dims<4> const e{1, 1, 21, 22};
    problem<double> p(e, 19);
    auto const dout = uniform<double>(e, 20, -1, 1);
    presets::depth_integration const layer{.tolerance = 1e-10};
    training<double> run(exec::seq{}, layer, p.views(), dout);
    int floored = 0;
    for (index_t i = 0; i < p.edge_confidence.size(); ++i)
        if (p.edge_confidence.data()[i] < 1e-4) {
            CHECK(run.edge_confidence.data()[i] == 0);
            ++floored;
        }
    CHECK(floored > 10);
    CHECK(run.there.iterations > 5);
    auto in = p.views();
    in.initial = run.kept.solution;
    CHECK(layer.forward(exec::seq{}, in, run.out).iterations == 0);
    CHECK(testing::same_bits(run.out, run.kept.solution));
}

TEST_CASE("depth integration: what it refuses")
{
    dims<4> const e{1, 1, 4, 5};
    problem<double> const p(e, 21);
    tensor<double, 4> out(e), wide(1, 1, 4, 6);
    auto const in = p.views();
    auto const run = [&](presets::depth_integration const& layer) { layer.forward(exec::seq{}, in, out); };
    std::string const start = "depth_integration::forward: ";
    CHECK_THROWS_WITH(run({.alpha = 0}), start + "alpha must be positive and finite, got 0");
    CHECK_THROWS_WITH(run({.min_edge_confidence = 0}), start + "min_edge_confidence must be positive, got 0");
    CHECK_THROWS_WITH(run({.tolerance = -1}), start + "tolerance must be positive, got -1");
    CHECK_THROWS_WITH(run({.max_iterations = 0}), start + "max_iterations must be positive, got 0");
    CHECK_THROWS_WITH(presets::depth_integration{}.forward(exec::seq{}, in, wide),
                      start + "out must be [N, 1, H, W] = [1, 1, 4, 5], got [1, 1, 4, 6]");
    auto wrong = in;
    wrong.differences = p.measured;
    CHECK_THROWS_WITH(presets::depth_integration{}.forward(exec::seq{}, wrong, out),
                      start + "differences must be [N, 2, H, W] = [1, 2, 4, 5], got [1, 1, 4, 5]");
    wrong = in;
    wrong.confidence = {};
    CHECK_THROWS_AS(presets::depth_integration{}.forward(exec::seq{}, wrong, out), shape_error);
    depth_integration_saved<double> kept;
    CHECK_THROWS_WITH(
        presets::depth_integration{}.backward(exec::seq{}, in, kept, out, depth_integration_gradients<double>{}),
        "depth_integration::backward: kept.solution must be [N, 1, H, W] = [1, 1, 4, 5], got [0, 0, 0, 0]");
    try {
        run({.tolerance = 1e-12, .max_iterations = 2});
        CHECK(false);
    } catch (convergence_error const& refused) {
        CHECK(std::string(refused.what())
                  .starts_with(start + "the residual must be at most 1e-12 after 2 iterations, got "));
    }
    auto broken = p;
    broken.differences(0, 0, 2, 2) = std::nan("");
    CHECK_THROWS_AS(presets::depth_integration{}.forward(exec::seq{}, broken.views(), out), convergence_error);
}
