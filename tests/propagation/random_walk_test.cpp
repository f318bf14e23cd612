// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Random walks: the golden file, laws and gradients, refusals.

#include <hyspn/propagation/presets/irn_walk.hpp>
#include <hyspn/propagation/presets/random_walk.hpp>

#include "propagation/graphs_support.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"

using namespace hyspn;
using namespace hyspn::propagation;
using testing::uniform;

namespace {

dims<4> const sizes[] = {{1, 1, 1, 1}, {2, 1, 1, 17}, {1, 2, 13, 1}, {1, 3, 11, 19}};

dims<4> channels(dims<4> const& e, index_t c)
{
    return {e[0], c, e[2], e[3]};
}

template <class T>
struct problem {
    tensor<T, 4> x, features, edge;
    tensor<T, 1> theta;

    problem(dims<4> const& e, std::uint64_t seed, index_t count = 3)
        : x(uniform<T>(e, seed, -1, 2)),
          features(uniform<T>(channels(e, count), seed + 1, -1, 1)),
          edge(uniform<T>(channels(e, 1), seed + 2, 0, 0.9)),
          theta(uniform<T>(dims<1>{count}, seed + 3, -1, 0.5))
    {
    }
    problem() = default;

    random_walk_inputs<T> weighted() const { return {.x = x, .features = features, .theta = theta}; }
    random_walk_inputs<T> plain() const { return {.x = x, .features = features}; }
    irn_walk_inputs<T> edges() const { return {.x = x, .edge = edge}; }
};

/// Output and gradients of any of the walks.
template <class T>
struct training {
    tensor<T, 4> out, x, features, edge;
    tensor<T, 1> theta;
    T alpha{};

    template <class P, class Walk>
    training(P const& exec, Walk const& net, random_walk_inputs<T> const& in, tensor<T, 4> const& dout)
        : out(in.x.extents()), x(in.x.extents()), features(in.features.extents()), theta(in.theta.extents())
    {
        random_walk_saved<T> kept;
        net.forward(exec, in, out, kept);
        random_walk_gradients<T> d{.x = x, .features = features, .theta = theta};
        if constexpr (std::is_same_v<Walk, presets::random_walk_closed>) d.alpha = &alpha;
        net.backward(exec, in, kept, dout, d);
    }

    template <class P>
    training(P const& exec, presets::irn_walk const& net, irn_walk_inputs<T> const& in, tensor<T, 4> const& dout)
        : out(in.x.extents()), x(in.x.extents()), edge(in.edge.extents())
    {
        irn_walk_saved<T> kept;
        net.forward(exec, in, out, kept);
        net.backward(exec, in, kept, dout, {.x = x, .edge = edge});
    }
};

template <class T>
tensor<T, 4> batch_of_one(tensor<T, 3> const& x)
{
    return cast<T>(with_batch(as_view(x)));
}

/// Calls f(exec, file, case) for both types and policies.
template <class F>
void for_each_case(std::string const& start, int wanted, F const& f)
{
    auto const file = testing::golden("graphs");
    int replayed = 0;
    for (auto const& name : testing::golden_cases(file, "out")) {
        if (!name.starts_with(start)) continue;
        INFO(name);
        testing::on_policies([&](auto const& exec) {
            f(exec, file, name, double{});
            f(exec, file, name, float{});
        });
        ++replayed;
    }
    CHECK(replayed == wanted);
}

/// All walks on one problem; f(walk, inputs).
template <class T, class F>
void for_each_walk(problem<T> const& p, F const& f)
{
    f(presets::random_walk{.radius = 2.3, .steps = 3}, p.weighted());
    f(presets::random_walk_closed{.radius = 2, .alpha = 0.8, .tolerance = sizeof(T) == 8 ? 1e-13 : 1e-6}, p.weighted());
    f(presets::psa_walk{.radius = 3, .beta = 2, .times = 3}, p.plain());
    f(presets::irn_walk{.radius = 3, .beta = 3, .times = 3}, p.edges());
}

}  // namespace

TEST_CASE("random walk network: steps and closed form, forward and gradients", "[golden]")
{
    for_each_case("rwn.", 2, [](auto const& exec, auto const& file, std::string const& name, auto type) {
        using T = decltype(type);
        auto const array = [&](char const* suffix) { return file.template get<T, 4>(name + "." + suffix); };
        double const tolerance = testing::golden_tolerance<T>;
        auto const f0 = array("f0"), f1 = array("f1"), grad0 = array("grad_f0"), grad1 = array("grad_f1");
        problem<T> p;
        p.x = array("x");
        p.theta = file.template get<T, 1>(name + ".theta");
        auto const joined = [&](tensor<T, 4> const& a, tensor<T, 4> const& b) {
            tensor<T, 4> both(channels(p.x.extents(), a.extent(1) + b.extent(1)));
            for (index_t n = 0; n < a.extent(0); ++n) {
                for (index_t c = 0; c < a.extent(1); ++c) copy(as_const(a)[n][c], as_view(both)[n][c]);
                for (index_t c = 0; c < b.extent(1); ++c) copy(as_const(b)[n][c], as_view(both)[n][a.extent(1) + c]);
            }
            return both;
        };
        p.features = joined(f0, f1);
        auto const check = [&](auto const& net) {
            training<T> const run(exec, net, p.weighted(), array("grad_out"));
            CHECK(testing::relative_error(run.out, array("out")) <= tolerance);
            CHECK(testing::relative_error(run.x, array("grad_x")) <= tolerance);
            CHECK(testing::relative_error(run.features, joined(grad0, grad1)) <= tolerance);
            CHECK(testing::relative_error(run.theta, file.template get<T, 1>(name + ".grad_theta")) <= tolerance);
            return run.alpha;
        };
        if (name == "rwn.steps2") {
            check(presets::random_walk{.radius = 2.5, .steps = 2});
        } else {
            double const alpha = file.template get_scalar<double>(name + ".alpha"),
                         dalpha = file.template get_scalar<double>(name + ".grad_alpha");
            T const got = check(presets::random_walk_closed{
                .radius = 2.5, .alpha = alpha, .tolerance = std::is_same_v<T, double> ? 1e-14 : 1e-6});
            CHECK(std::abs(static_cast<double>(got) - dalpha) <= tolerance * std::abs(dalpha));
        }
    });
}

TEST_CASE("PSA walk: forward and gradients", "[golden]")
{
    for_each_case("psa_walk.", 2, [](auto const& exec, auto const& file, std::string const& name, auto type) {
        using T = decltype(type);
        auto const array = [&](char const* suffix) {
            return batch_of_one(file.template get<T, 3>(name + "." + suffix));
        };
        problem<T> p;
        p.x = array("x"), p.features = array("features");
        presets::psa_walk const net{.times = name.back() - '0'};
        training<T> const run(exec, net, p.plain(), array("grad_out"));
        double const tolerance = testing::golden_tolerance<T>;
        CHECK(testing::relative_error(run.out, array("out")) <= tolerance);
        CHECK(testing::relative_error(run.x, array("grad_x")) <= tolerance);
        CHECK(testing::relative_error(run.features, array("grad_features")) <= tolerance);
    });
}

TEST_CASE("IRN walk: forward and gradients", "[golden]")
{
    for_each_case("irn_walk.", 2, [](auto const& exec, auto const& file, std::string const& name, auto type) {
        using T = decltype(type);
        auto const array = [&](char const* suffix) {
            return batch_of_one(file.template get<T, 3>(name + "." + suffix));
        };
        problem<T> p;
        p.x = array("x"), p.edge = array("edge");
        presets::irn_walk const net{.times = name.back() - '0'};
        training<T> const run(exec, net, p.edges(), array("grad_out"));
        // In float weights sum to 1 within about 1e-6, 256 times over.
        double const tolerance = net.times == 8 && sizeof(T) == 4 ? 1e-3 : testing::golden_tolerance<T>;
        CHECK(testing::relative_error(run.out, array("out")) <= tolerance);
        CHECK(testing::relative_error(run.x, array("grad_x")) <= tolerance);
        CHECK(testing::relative_error(run.edge, array("grad_edge")) <= tolerance);
    });
}

TEST_CASE("random walks: constants stay and values are means")
{
    for (auto const& e : sizes)
        testing::on_policies([&](auto const& exec) {
            problem<double> p(e, 51);
            for (double& s : p.edge) s = std::min(s, 0.7);
            auto const run = [&] {
                for_each_walk(p, [&](auto const& net, auto const& in) {
                    bool const fades = std::is_same_v<std::remove_cvref_t<decltype(net)>, presets::irn_walk>;
                    tensor<double, 4> out(e);
                    net.forward(exec, in, out);
                    double const low = *std::min_element(p.x.begin(), p.x.end()),
                                 high = *std::max_element(p.x.begin(), p.x.end());
                    for (double y : out) {
                        CHECK(y >= (fades ? std::min(low, 0.0) : low) - 1e-11);
                        CHECK(y <= (fades ? std::max(high, 0.0) : high) + 1e-11);
                    }
                });
            };
            run();
            for (double& x : p.x) x = 2.5;
            run();
        });
}

TEST_CASE("random walks: linear, with the adjoint's identity")
{
    for (auto const& e : sizes)
        testing::on_policies([&](auto const& exec) {
            problem<double> p(e, 52);
            auto const y = uniform<double>(e, 53, -1, 1), v = uniform<double>(e, 54, -1, 1);
            for_each_walk(p, [&](auto const& net, auto in) {
                training<double> const run(exec, net, in, y);
                in.x = v;
                tensor<double, 4> jv(e);
                net.forward(exec, in, jv);
                CHECK(std::abs(testing::inner(y, jv) - testing::inner(run.x, v)) <= 1e-10);
            });
        });
}

TEST_CASE("random walks: gradients agree with central differences")
{
    for (dims<4> const& e : {dims<4>{2, 2, 4, 5}, dims<4>{1, 1, 1, 1}, dims<4>{1, 1, 1, 6}}) {
        problem<double> p(e, 55, 2);
        auto const dout = uniform<double>(e, 56, -1, 1);
        testing::on_policies([&](auto const& exec) {
            for_each_walk(p, [&](auto net, auto const& in) {
                training<double> const run(exec, net, in, dout);
                auto const loss = [&] {
                    tensor<double, 4> out(e);
                    net.forward(exec::seq{}, in, out);
                    return testing::inner(dout, out);
                };
                CHECK(testing::gradient_error(p.x, run.x, loss) <= 1e-8);
                if constexpr (std::is_same_v<decltype(net), presets::irn_walk>) {
                    CHECK(testing::gradient_error(p.edge, run.edge, loss) <= 1e-7);
                } else {
                    CHECK(testing::gradient_error(p.features, run.features, loss) <= 1e-7);
                }
                if (run.theta.size() > 0) CHECK(testing::gradient_error(p.theta, run.theta, loss) <= 1e-7);
                if constexpr (std::is_same_v<decltype(net), presets::random_walk_closed>)
                    CHECK(std::abs(testing::central_difference(net.alpha, loss) - run.alpha) <= 1e-7);
            });
        });
    }
}

TEST_CASE("random walks: steps add up; the closed form is the limit of walks with restart")
{
    dims<4> const e{1, 2, 9, 11};
    problem<double> p(e, 57, 4);
    tensor<double, 4> a(e), b(e);
    presets::random_walk{.radius = 1.5, .steps = 4}.forward(exec::seq{}, p.weighted(), a);
    auto const stepped = p;
    for (int t = 0; t < 4; ++t) {
        presets::random_walk{.radius = 1.5}.forward(exec::omp{.threads = 2}, p.weighted(), b);
        p.x = b;
    }
    CHECK(testing::relative_error(a, b) <= 1e-13);

    p = stepped;
    double const alpha = 0.6;
    presets::random_walk_closed{.radius = 1.5, .alpha = alpha, .tolerance = 1e-14}.forward(exec::seq{}, p.weighted(),
                                                                                           a);
    tensor<double, 4> sum(e);  // Σ_t (1 - α) α^t A^t x
    double factor = 1 - alpha;
    for (int t = 0; t < 90; ++t, factor *= alpha) {
        for (index_t i = 0; i < sum.size(); ++i) sum.data()[i] += factor * p.x.data()[i];
        presets::random_walk{.radius = 1.5}.forward(exec::seq{}, p.weighted(), b);
        p.x = b;
    }
    CHECK(testing::relative_error(a, sum) <= 1e-12);
}

TEST_CASE("random walks: the straight way holds the pixels nearer than 1 to the line, both ends among them")
{
    hyspn::detail::straight_path const slanted{{3, 4}}, left{{2, -2}};
    CHECK(slanted.has(0, 0));
    CHECK(slanted.has(3, 4));
    CHECK(slanted.has(1, 1));
    CHECK(slanted.has(1, 2));
    CHECK_FALSE(slanted.has(1, 3));  // at a distance of exactly 1
    CHECK_FALSE(slanted.has(2, 1));
    CHECK(left.first_column() == -2);
    CHECK(left.end_column() == 1);
    CHECK(left.has(1, -1));
    CHECK(left.has(1, 0));
    CHECK_FALSE(left.has(2, 0));
}

TEST_CASE("random walks: without neighbours nothing moves")
{
    dims<4> const e{1, 2, 7, 8};
    problem<double> p(e, 58);
    tensor<double, 4> out(e);
    presets::random_walk{.radius = 0.5, .steps = 5}.forward(exec::omp{.threads = 2}, p.weighted(), out);
    CHECK(testing::same_bits(out, p.x));
    presets::psa_walk{.radius = 1}.forward(exec::seq{}, p.plain(), out);
    CHECK(testing::same_bits(out, p.x));
    // 7 rows and 8 columns leave PSA's radius 5 no pixel with 4 on either side.
    presets::psa_walk{}.forward(exec::seq{}, p.plain(), out);
    CHECK(testing::same_bits(out, p.x));
    for (double& s : p.edge) s = 1;  // nothing passes and nothing starts
    auto const dout = uniform<double>(e, 59, -1, 1);
    testing::on_policies([&](auto const& exec) {
        training<double> const run(exec, presets::irn_walk{.times = 3}, p.edges(), dout);
        for (double y : run.out) CHECK(y == 0);
        CHECK(testing::all_finite(run.edge));
        CHECK(testing::all_finite(run.x));
    });
}

TEST_CASE("random walks: threads and gaps against the reference, the same bits for any number of threads")
{
    for (auto const& e : sizes) {
        problem<float> const p(e, 60);
        auto const dout = uniform<float>(e, 61, -1, 1);
        testing::spread_array<float> x(p.x, 3, 1), f(p.features, 2, 2), s(p.edge, 1, 2);
        for_each_walk(p, [&](auto const& net, auto const& in) {
            training<float> const wanted(exec::seq{}, net, in, dout), one(exec::omp{.threads = 1}, net, in, dout);
            CHECK(testing::relative_error(one.out, wanted.out) <= 1e-5);
            CHECK(testing::relative_error(one.x, wanted.x) <= 1e-5);
            CHECK(testing::relative_error(one.features, wanted.features) <= 1e-4);
            CHECK(testing::relative_error(one.edge, wanted.edge) <= 1e-4);
            CHECK(testing::relative_error(one.theta, wanted.theta) <= 1e-4);
            for (int threads : {2, 3}) {
                training<float> const got(exec::omp{.threads = threads}, net, in, dout);
                CHECK(testing::same_bits(got.out, one.out));
                CHECK(testing::same_bits(got.x, one.x));
                CHECK(testing::same_bits(got.features, one.features));
                CHECK(testing::same_bits(got.theta, one.theta));
                CHECK(testing::same_bits(got.edge, one.edge));
            }
            auto gaps = in;
            gaps.x = x.view();
            if constexpr (requires { gaps.features; })
                gaps.features = f.view();
            else
                gaps.edge = s.view();
            training<float> const spread(exec::omp{.threads = 3}, net, gaps, dout);
            CHECK(testing::relative_error(spread.out, wanted.out) <= 1e-5);
            CHECK(testing::relative_error(spread.features, wanted.features) <= 1e-4);
            CHECK(testing::relative_error(spread.edge, wanted.edge) <= 1e-4);
        });
    }
}

TEST_CASE("random walks: what they refuse")
{
    problem<float> const p({1, 2, 4, 5}, 62), other({1, 2, 4, 6}, 63);
    tensor<float, 4> out(p.x.extents());
    auto const walk = [&](auto const& net) { net.forward(exec::seq{}, p.weighted(), out); };
    auto const psa = [&](presets::psa_walk const& net) { net.forward(exec::seq{}, p.plain(), out); };
    auto const irn = [&](presets::irn_walk const& net) { net.forward(exec::seq{}, p.edges(), out); };
    CHECK_THROWS_WITH(walk(presets::random_walk{.radius = -1}),
                      "random_walk::forward: radius must be between 0 and 1000, got -1");
    CHECK_THROWS_WITH(walk(presets::random_walk{.steps = -1}),
                      "random_walk::forward: steps must be at least 0, got -1");
    CHECK_THROWS_WITH(walk(presets::random_walk_closed{.alpha = 1}),
                      "random_walk_closed::forward: alpha must be in [0, 1), got 1");
    CHECK_THROWS_AS(walk(presets::random_walk_closed{.tolerance = 1e-7, .max_iterations = 1}), convergence_error);
    CHECK_THROWS_WITH(psa({.radius = 0}), "psa_walk::forward: radius must be between 1 and 1000, got 0");
    CHECK_THROWS_WITH(psa({.beta = -1}), "psa_walk::forward: beta must be finite and at least 0, got -1");
    CHECK_THROWS_WITH(psa({.times = 21}), "psa_walk::forward: times must be between 0 and 20, got 21");
    CHECK_THROWS_WITH(irn({.beta = 0.5}), "irn_walk::forward: beta must be finite and at least 1, got 0.5");
    CHECK_THROWS_WITH(presets::psa_walk{}.forward(exec::seq{}, p.weighted(), out),
                      "psa_walk::forward: theta must be absent, got an array");
    auto in = p.weighted();
    in.features = other.features;
    CHECK_THROWS_WITH(presets::random_walk{}.forward(exec::seq{}, in, out),
                      "random_walk::forward: features must be [N, C, H, W] = [1, 3, 4, 5], got [1, 3, 4, 6]");
    in = p.plain();
    CHECK_THROWS_WITH(presets::random_walk{}.forward(exec::seq{}, in, out),
                      "random_walk::forward: theta must be [C] = [3], got [0]");
    auto edges = p.edges();
    edges.edge = p.x;
    CHECK_THROWS_WITH(presets::irn_walk{}.forward(exec::seq{}, edges, out),
                      "irn_walk::forward: edge must be [N, 1, H, W] = [1, 1, 4, 5], got [1, 2, 4, 5]");
    random_walk_saved<float> kept;
    CHECK_THROWS_WITH(
        presets::random_walk{}.backward(exec::seq{}, p.weighted(), kept, out, random_walk_gradients<float>{}),
        "random_walk::backward: kept.gates must be [N, K, H, W] = [1, 121, 4, 5], got [0, 0, 0, 0]");
    irn_walk_saved<float> irn_kept;
    CHECK_THROWS_WITH(presets::irn_walk{}.backward(exec::seq{}, p.edges(), irn_kept, out, irn_walk_gradients<float>{}),
                      "irn_walk::backward: kept.start must be [N, L, H, W] = [1, 2, 4, 5], got [0, 0, 0, 0]");
}
