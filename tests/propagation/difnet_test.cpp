// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Dense random walks: the golden file, laws and gradients, refusals.

#include <hyspn/propagation/presets/difnet.hpp>

#include "propagation/graphs_support.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"

using namespace hyspn;
using namespace hyspn::propagation;
using testing::uniform;

namespace {

// The last is more than a tile high and a block wide.
dims<4> const sizes[] = {{1, 1, 1, 1}, {2, 1, 1, 17}, {1, 2, 13, 1}, {2, 3, 11, 19}, {1, 1, 23, 29}};

dims<4> channels(dims<4> const& e, index_t c)
{
    return {e[0], c, e[2], e[3]};
}

template <class T>
struct problem {
    tensor<T, 4> seed;
    std::vector<tensor<T, 4>> features{};
    std::vector<T> a{}, b{};

    explicit problem(tensor<T, 4> start) : seed(std::move(start)) {}
    problem(dims<4> const& e, std::uint64_t number, std::vector<index_t> const& widths = {3, 5})
        : seed(uniform<T>(e, number, -1, 2))
    {
        random_stream stream(number + 1);
        for (index_t c : widths) {
            features.push_back(uniform<T>(channels(e, c), ++number + 1, -1, 1));
            a.push_back(static_cast<T>(stream.normal()));
            b.push_back(static_cast<T>(stream.normal()));
        }
    }

    difnet_inputs<T> views() const
    {
        difnet_inputs<T> in{.seed = seed};
        for (std::size_t k = 0; k < features.size(); ++k)
            in.levels.push_back({.features = features[k], .a = a[k], .b = b[k]});
        return in;
    }
};

template <class T>
struct training {
    tensor<T, 4> out, seed;
    std::vector<tensor<T, 4>> features{};
    std::vector<T> a, b;

    template <class P>
    training(P const& exec, difnet_inputs<T> const& in, tensor<T, 4> const& dout)
        : out(in.seed.extents()), seed(in.seed.extents()), a(in.levels.size()), b(in.levels.size())
    {
        difnet_gradients<T> d{.seed = seed};
        for (auto const& level : in.levels) features.emplace_back(level.features.extents());
        for (std::size_t k = 0; k < a.size(); ++k)
            d.levels.push_back({.features = as_view(features[k]), .a = &a[k], .b = &b[k]});
        difnet_saved<T> kept;
        presets::difnet{}.forward(exec, in, out, kept);
        presets::difnet{}.backward(exec, in, kept, dout, d);
    }
};

template <class T, class P>
void replay(P const& exec, io::safetensors const& file, std::string const& name)
{
    auto const key = [&](std::string const& what, std::size_t k) { return name + "." + what + std::to_string(k); };
    problem<T> p(file.get<T, 4>(name + ".seed"));
    auto const names = file.names();
    for (std::size_t k = 0; std::find(names.begin(), names.end(), key("features", k)) != names.end(); ++k) {
        p.features.push_back(file.get<T, 4>(key("features", k)));
        p.a.push_back(static_cast<T>(file.get_scalar<double>(key("a", k))));
        p.b.push_back(static_cast<T>(file.get_scalar<double>(key("b", k))));
    }
    training<T> const run(exec, p.views(), file.get<T, 4>(name + ".grad_out"));
    double const tolerance = testing::golden_tolerance<T>;
    auto const close = [&](T got, std::string const& wanted) {
        double const w = file.get_scalar<double>(wanted);
        return std::abs(static_cast<double>(got) - w) <= tolerance * std::max(1.0, std::abs(w));
    };
    INFO(name);
    CHECK(testing::relative_error(run.out, file.get<T, 4>(name + ".out")) <= tolerance);
    CHECK(testing::relative_error(run.seed, file.get<T, 4>(name + ".grad_seed")) <= tolerance);
    for (std::size_t k = 0; k < p.a.size(); ++k) {
        CHECK(testing::relative_error(run.features[k], file.get<T, 4>(key("grad_features", k))) <= tolerance);
        CHECK(close(run.a[k], key("grad_a", k)));
        CHECK(close(run.b[k], key("grad_b", k)));
    }
}

}  // namespace

TEST_CASE("difnet: forward and gradients", "[golden]")
{
    auto const file = testing::golden("graphs");
    int replayed = 0;
    for (auto const& name : testing::golden_cases(file, "out")) {
        if (!name.starts_with("difnet.")) continue;
        testing::on_policies([&](auto const& exec) {
            replay<double>(exec, file, name);
            replay<float>(exec, file, name);
        });
        ++replayed;
    }
    CHECK(replayed == 2);
}

TEST_CASE("difnet: constants stay, values are means, and inference gives what training does")
{
    for (auto const& e : sizes)
        testing::on_policies([&](auto const& exec) {
            problem<double> p(e, 71, {2, 4, 3});
            tensor<double, 4> out(e), trained(e);
            presets::difnet{}.forward(exec, p.views(), out);
            for (double y : out) {
                CHECK(y >= -1 - 1e-12);
                CHECK(y <= 2 + 1e-12);
            }
            difnet_saved<double> kept;
            presets::difnet{}.forward(exec, p.views(), trained, kept);
            CHECK(testing::same_bits(out, trained));
            for (double& x : p.seed) x = 2.5;
            presets::difnet{}.forward(exec, p.views(), out);
            CHECK(testing::relative_error(out, p.seed) <= 1e-13);
        });
}

TEST_CASE("difnet: without features a walk goes anywhere; features far apart stay; no level is the seed")
{
    dims<4> const e{1, 2, 5, 7};
    testing::on_policies([&](auto const& exec) {
        problem<double> p(e, 72, {4});
        tensor<double, 4> out(e);
        p.a[0] = -800, p.b[0] = -800;  // all of the walk, nothing else
        for (double& f : p.features[0]) f = 0;
        presets::difnet{}.forward(exec, p.views(), out);
        for (index_t l = 0; l < e[1]; ++l) {
            double mean = 0;
            for_each_element(as_view(p.seed)[0][l], [&](double x) { mean += x / 35; });
            for_each_element(as_view(out)[0][l], [&](double y) { CHECK(std::abs(y - mean) <= 1e-13); });
        }
        // On a circle of radius 1000 a pixel resembles itself most: logarithms in the hundreds of thousands.
        for (index_t i = 0; i < 35; ++i) {
            p.features[0](0, 0, i / 7, i % 7) = 1000 * std::cos(0.1 * static_cast<double>(i));
            p.features[0](0, 1, i / 7, i % 7) = 1000 * std::sin(0.1 * static_cast<double>(i));
        }
        training<double> const run(exec, p.views(), uniform<double>(e, 73, -1, 1));
        CHECK(testing::relative_error(run.out, p.seed) == 0);
        CHECK(testing::all_finite(run.features[0]));
        p.features.clear();
        presets::difnet{}.forward(exec, p.views(), out);
        CHECK(testing::same_bits(out, p.seed));
    });
}

TEST_CASE("difnet: linear in the seed, with the adjoint's identity")
{
    for (auto const& e : sizes)
        testing::on_policies([&](auto const& exec) {
            problem<double> p(e, 74);
            auto const y = uniform<double>(e, 75, -1, 1), v = uniform<double>(e, 76, -1, 1);
            training<double> const run(exec, p.views(), y);
            p.seed = v;
            tensor<double, 4> jv(e);
            presets::difnet{}.forward(exec, p.views(), jv);
            CHECK(std::abs(testing::inner(y, jv) - testing::inner(run.seed, v)) <= 1e-11);
        });
}

TEST_CASE("difnet: gradients agree with central differences")
{
    for (dims<4> const& e : {dims<4>{2, 2, 3, 4}, dims<4>{1, 1, 1, 1}, dims<4>{1, 1, 5, 1}}) {
        problem<double> p(e, 77);
        auto const dout = uniform<double>(e, 78, -1, 1);
        testing::on_policies([&](auto const& exec) {
            training<double> const run(exec, p.views(), dout);
            auto const loss = [&] {
                tensor<double, 4> out(e);
                presets::difnet{}.forward(exec::seq{}, p.views(), out);
                return testing::inner(dout, out);
            };
            CHECK(testing::gradient_error(p.seed, run.seed, loss) <= 1e-9);
            for (std::size_t k = 0; k < 2; ++k) {
                CHECK(testing::gradient_error(p.features[k], run.features[k], loss) <= 1e-9);
                CHECK(std::abs(testing::central_difference(p.a[k], loss) - run.a[k]) <= 1e-9);
                CHECK(std::abs(testing::central_difference(p.b[k], loss) - run.b[k]) <= 1e-9);
            }
        });
    }
}

TEST_CASE("difnet: threads and gaps against the reference, the same bits for any number of threads")
{
    for (auto const& e : sizes) {
        problem<float> const p(e, 79, {5, 2});
        auto const dout = uniform<float>(e, 80, -1, 1);
        training<float> const wanted(exec::seq{}, p.views(), dout), one(exec::omp{.threads = 1}, p.views(), dout);
        auto const same_as_one = [&](training<float> const& got) {
            CHECK(testing::same_bits(got.out, one.out));
            CHECK(testing::same_bits(got.seed, one.seed));
            for (std::size_t k = 0; k < 2; ++k) CHECK(testing::same_bits(got.features[k], one.features[k]));
            CHECK(got.a == one.a);
            CHECK(got.b == one.b);
        };
        CHECK(testing::relative_error(one.out, wanted.out) <= 1e-5);
        CHECK(testing::relative_error(one.seed, wanted.seed) <= 1e-5);
        for (std::size_t k = 0; k < 2; ++k) {
            CHECK(testing::relative_error(one.features[k], wanted.features[k]) <= 1e-4);
            CHECK(std::abs(one.a[k] - wanted.a[k]) <= 1e-4f * (1 + std::abs(wanted.a[k])));
            CHECK(std::abs(one.b[k] - wanted.b[k]) <= 1e-4f * (1 + std::abs(wanted.b[k])));
        }
        for (int threads : {2, 3}) same_as_one(training<float>(exec::omp{.threads = threads}, p.views(), dout));
        testing::spread_array<float> seed(p.seed, 3, 2), f0(p.features[0], 1, 1), f1(p.features[1], 0, 2);
        auto in = p.views();
        in.seed = seed.view(), in.levels[0].features = f0.view(), in.levels[1].features = f1.view();
        same_as_one(training<float>(exec::omp{.threads = 2}, in, dout));
    }
}

TEST_CASE("difnet: what it refuses")
{
    problem<float> const p({1, 2, 4, 5}, 81), other({1, 2, 4, 6}, 82);
    tensor<float, 4> out(p.seed.extents()), wide(1, 2, 4, 6);
    auto in = p.views();
    presets::difnet const net;
    CHECK_THROWS_WITH(net.forward(exec::seq{}, in, wide),
                      "difnet::forward: out must be [N, L, H, W] = [1, 2, 4, 5], got [1, 2, 4, 6]");
    in.levels[1].features = other.features[1];
    CHECK_THROWS_WITH(net.forward(exec::seq{}, in, out),
                      "difnet::forward: features must be [N, C, H, W] = [1, 5, 4, 5], got [1, 5, 4, 6]");
    in = p.views();
    difnet_saved<float> kept;
    CHECK_THROWS_WITH(net.backward(exec::seq{}, in, kept, out, difnet_gradients<float>{}),
                      "difnet::backward: kept.iterates must be [K, N, L, H, W] = [2, 1, 2, 4, 5], got [0, 0, 0, 0, 0]");
    net.forward(exec::seq{}, in, out, kept);
    difnet_gradients<float> d;
    d.levels.resize(1);
    CHECK_THROWS_WITH(net.backward(exec::seq{}, in, kept, out, d),
                      "difnet::backward: the gradients of levels must be 2 or none, got 1");
    d.levels.resize(2);
    d.levels[0].features = wide;
    CHECK_THROWS_WITH(net.backward(exec::seq{}, in, kept, out, d),
                      "difnet::backward: the gradient of features must be the shape of its input = [1, 3, 4, 5], got "
                      "[1, 2, 4, 6]");
}
