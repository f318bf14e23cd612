// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Spanning trees and the filter along them: the golden file, laws and gradients, refusals.

#include <set>

#include <hyspn/propagation/presets/tree_filter.hpp>

#include "propagation/graphs_support.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"

using namespace hyspn;
using namespace hyspn::propagation;
using testing::uniform;

namespace {

dims<4> const sizes[] = {{1, 1, 1, 1}, {2, 1, 1, 17}, {1, 2, 13, 1}, {2, 9, 11, 19}, {1, 3, 29, 31}};

dims<4> channels(dims<4> const& e, index_t c)
{
    return {e[0], c, e[2], e[3]};
}

template <class T>
struct problem {
    tensor<T, 4> x, embedding, guide;
    spanning_tree<> tree;

    problem(dims<4> const& e, std::uint64_t seed)
        : x(uniform<T>(e, seed, -1, 2)),
          embedding(uniform<T>(channels(e, 3), seed + 1, -0.7, 0.7)),
          guide(uniform<T>(channels(e, 2), seed + 2, 0, 1)),
          tree(minimum_spanning_tree(guide))
    {
    }
    problem(tensor<T, 4> maps, tensor<T, 4> f, tensor<T, 4> g)
        : x(std::move(maps)), embedding(std::move(f)), guide(std::move(g)), tree(minimum_spanning_tree(guide))
    {
    }

    tree_filter_inputs<T> views() const { return {.x = x, .embedding = embedding, .tree = &tree}; }
};

template <class T>
struct training {
    tensor<T, 4> out;
    tree_filter_saved<T> kept{};
    tensor<T, 4> x, embedding;

    template <class P>
    training(P const& exec, tree_filter_inputs<T> const& in, tensor<T, 4> const& dout)
        : out(in.x.extents()), x(in.x.extents()), embedding(in.embedding.extents())
    {
        presets::tree_filter{}.forward(exec, in, out, kept);
        presets::tree_filter{}.backward(exec, in, kept, dout, tree_filter_gradients<T>{.x = x, .embedding = embedding});
    }
};

template <class T, class P>
void replay(P const& exec, io::safetensors const& file, std::string const& name)
{
    auto const array = [&](char const* suffix) { return file.get<T, 4>(name + "." + suffix); };
    problem<T> const p(array("x"), array("embed"), array("guide"));
    training<T> const run(exec, p.views(), array("grad_out"));
    double const tolerance = testing::golden_tolerance<T>;
    INFO(name);
    CHECK(testing::relative_error(run.out, array("out")) <= tolerance);
    CHECK(testing::relative_error(run.x, array("grad_x")) <= tolerance);
    CHECK(testing::relative_error(run.embedding, array("grad_embed")) <= tolerance);
}

/// Edges of a tree, the pixel with the lower number first, and its length in a guide.
std::set<std::pair<int, int>> edges_of(spanning_tree<> const& tree, index_t n)
{
    std::set<std::pair<int, int>> edges;
    for (int p = 0; p < static_cast<int>(tree.parent.extent(1)); ++p)
        if (int const q = tree.parent(n, p); q != p) edges.insert({std::min(p, q), std::max(p, q)});
    return edges;
}

}  // namespace

TEST_CASE("tree filter: forward and gradients", "[golden]")
{
    auto const file = testing::golden("graphs");
    int replayed = 0;
    for (auto const& name : testing::golden_cases(file, "out")) {
        if (!name.starts_with("tree_filter.")) continue;
        testing::on_policies([&](auto const& exec) {
            replay<double>(exec, file, name);
            replay<float>(exec, file, name);
        });
        ++replayed;
    }
    CHECK(replayed == 3);
}

TEST_CASE("spanning tree: every pixel once, parents a level above, and no exchange of edges makes it shorter")
{
    for (auto const& e : sizes) {
        problem<double> const p(e, 31);
        for (index_t n = 0; n < e[0]; ++n) {
            auto const& levels = p.tree.levels[static_cast<std::size_t>(n)];
            index_t const pixels = e[2] * e[3];
            std::vector<index_t> level(static_cast<std::size_t>(pixels), -1);
            for (std::size_t d = 0; d + 1 < levels.size(); ++d)
                for (index_t t = levels[d]; t < levels[d + 1]; ++t)
                    level[static_cast<std::size_t>(p.tree.order(n, t))] = static_cast<index_t>(d);
            CHECK(levels.front() == 0);
            CHECK(levels.back() == pixels);
            for (index_t q = 0; q < pixels; ++q) {
                index_t const own = level[static_cast<std::size_t>(q)];
                REQUIRE(own >= 0);
                if (own > 0) CHECK(level[static_cast<std::size_t>(p.tree.parent(n, q))] == own - 1);
            }
            // An edge left out is at least as long as every edge of the path between its ends.
            auto const length = [&](index_t a, index_t b) {
                double sum = 0;
                for (index_t c = 0; c < p.guide.extent(1); ++c)
                    sum += std::pow(p.guide(n, c, a / e[3], a % e[3]) - p.guide(n, c, b / e[3], b % e[3]), 2);
                return sum;
            };
            auto const check_path = [&](index_t a, index_t b) {
                double const left_out = length(a, b);
                while (a != b) {
                    index_t& deeper = level[static_cast<std::size_t>(a)] >= level[static_cast<std::size_t>(b)] ? a : b;
                    CHECK(length(deeper, p.tree.parent(n, deeper)) <= left_out);
                    deeper = p.tree.parent(n, deeper);
                }
            };
            for (index_t q = 0; q < pixels; ++q) {
                if (q % e[3] + 1 < e[3]) check_path(q, q + 1);
                if (q + e[3] < pixels) check_path(q, q + e[3]);
            }
        }
    }
}

TEST_CASE("spanning tree: the first of equal edges wins; a guide of NaN still gives a tree")
{
    tensor<float, 4> guide(1, 1, 3, 4);
    auto const tree = minimum_spanning_tree(guide);
    // All edges are equal: the whole first row, and every column hangs down from it.
    for (int p = 1; p < 4; ++p) CHECK(tree.parent(0, p) == p - 1);
    for (int p = 4; p < 12; ++p) CHECK(tree.parent(0, p) == p - 4);
    for (float& g : guide) g = std::nanf("");
    CHECK(edges_of(minimum_spanning_tree(guide), 0) == edges_of(tree, 0));
    CHECK_THROWS_WITH(minimum_spanning_tree(guide, 12),
                      "minimum_spanning_tree: root must be a pixel of the image, got 12");
}

TEST_CASE("tree filter: constants stay, values are means, and an embedding without differences gives the image's mean")
{
    for (auto const& e : sizes)
        testing::on_policies([&](auto const& exec) {
            problem<double> p(e, 32);
            tensor<double, 4> out(e);
            presets::tree_filter{}.forward(exec, p.views(), out);
            for (double z : out) {
                CHECK(z >= -1 - 1e-12);
                CHECK(z <= 2 + 1e-12);
            }
            auto const varied = p.x;
            for (double& x : p.x) x = 2.5;
            presets::tree_filter{}.forward(exec, p.views(), out);
            CHECK(testing::relative_error(out, p.x) <= 1e-13);

            p.x = varied;
            for (double& f : p.embedding) f = 0.3;
            presets::tree_filter{}.forward(exec, p.views(), out);
            for (index_t n = 0; n < e[0]; ++n)
                for (index_t l = 0; l < e[1]; ++l) {
                    double mean = 0;
                    hyspn::for_each_element(as_view(p.x)[n][l], [&](double x) { mean += x; });
                    mean /= static_cast<double>(e[2] * e[3]);
                    hyspn::for_each_element(as_view(out)[n][l], [&](double z) { CHECK(std::abs(z - mean) <= 1e-12); });
                }
        });
}

TEST_CASE("tree filter: the root does not matter, nor a constant added to the embedding; far apart, pixels stay")
{
    dims<4> const e{2, 3, 11, 14};
    problem<double> p(e, 33);
    auto const dout = uniform<double>(e, 34, -1, 1);
    training<double> const wanted(exec::seq{}, p.views(), dout);
    for (index_t root : {1, 76, 153}) {
        p.tree = minimum_spanning_tree(p.guide, root);
        training<double> const got(exec::omp{.threads = 2}, p.views(), dout);
        CHECK(testing::relative_error(got.out, wanted.out) <= 1e-13);
        CHECK(testing::relative_error(got.x, wanted.x) <= 1e-13);
        CHECK(testing::relative_error(got.embedding, wanted.embedding) <= 1e-12);
        CHECK(p.tree.order(0, 0) == root);
    }
    for (double& f : p.embedding) f += 3;
    training<double> const moved(exec::seq{}, p.views(), dout);
    CHECK(testing::relative_error(moved.out, wanted.out) <= 1e-12);
    for (double& f : p.embedding) f *= 1e4;
    training<double> const apart(exec::seq{}, p.views(), dout);
    CHECK(testing::relative_error(apart.out, p.x) == 0);
    CHECK(testing::all_finite(apart.embedding));
}

TEST_CASE("tree filter: linear and with the adjoint's identity")
{
    for (auto const& e : sizes)
        testing::on_policies([&](auto const& exec) {
            problem<double> p(e, 35);
            auto const y = uniform<double>(e, 36, -1, 1), v = uniform<double>(e, 37, -1, 1);
            training<double> const run(exec, p.views(), y);
            p.x = v;
            tensor<double, 4> jv(e);
            presets::tree_filter{}.forward(exec, p.views(), jv);
            CHECK(std::abs(testing::inner(y, jv) - testing::inner(run.x, v)) <= 1e-11);
        });
}

TEST_CASE("tree filter: gradients agree with central differences")
{
    for (dims<4> const& e : {dims<4>{2, 2, 3, 4}, dims<4>{1, 1, 1, 1}, dims<4>{1, 9, 1, 5}}) {
        problem<double> p(e, 38);
        auto const dout = uniform<double>(e, 39, -1, 1);
        testing::on_policies([&](auto const& exec) {
            training<double> const run(exec, p.views(), dout);
            auto const loss = [&] {
                tensor<double, 4> out(e);
                presets::tree_filter{}.forward(exec::seq{}, p.views(), out);
                return testing::inner(dout, out);
            };
            CHECK(testing::gradient_error(p.x, run.x, loss) <= 1e-9);
            CHECK(testing::gradient_error(p.embedding, run.embedding, loss) <= 1e-9);
        });
    }
}

TEST_CASE("tree filter: threads and gaps against the reference, the same bits for any number of threads")
{
    for (auto const& e : sizes) {
        problem<float> const p(e, 40);
        auto const dout = uniform<float>(e, 41, -1, 1);
        training<float> const wanted(exec::seq{}, p.views(), dout), one(exec::omp{.threads = 1}, p.views(), dout);
        CHECK(testing::relative_error(one.out, wanted.out) <= 1e-5);
        CHECK(testing::relative_error(one.x, wanted.x) <= 1e-5);
        CHECK(testing::relative_error(one.embedding, wanted.embedding) <= 1e-4);
        for (int threads : {2, 3}) {
            training<float> const got(exec::omp{.threads = threads}, p.views(), dout);
            CHECK(testing::same_bits(got.out, one.out));
            CHECK(testing::same_bits(got.x, one.x));
            CHECK(testing::same_bits(got.embedding, one.embedding));
        }
        testing::spread_array<float> x(p.x, 3, 2), f(p.embedding, 1, 1);
        training<float> const spread(exec::omp{.threads = 3}, {.x = x.view(), .embedding = f.view(), .tree = &p.tree},
                                     dout);
        CHECK(testing::same_bits(spread.out, one.out));
        CHECK(testing::same_bits(spread.embedding, one.embedding));
    }
}

TEST_CASE("tree filter: what it refuses")
{
    problem<float> const p({1, 2, 4, 5}, 42), other({1, 2, 4, 6}, 43);
    tensor<float, 4> out(p.x.extents());
    presets::tree_filter const filter;
    auto in = p.views();
    in.tree = nullptr;
    CHECK_THROWS_WITH(filter.forward(exec::seq{}, in, out), "tree_filter::forward: tree must be given, got none");
    in.tree = &other.tree;
    CHECK_THROWS_WITH(filter.forward(exec::seq{}, in, out),
                      "tree_filter::forward: tree must be of images [N, H, W] = [1, 4, 5], got [1, 4, 6]");
    in = p.views();
    in.embedding = other.embedding;
    CHECK_THROWS_WITH(filter.forward(exec::seq{}, in, out),
                      "tree_filter::forward: embedding must be [N, C, H, W] = [1, 3, 4, 5], got [1, 3, 4, 6]");
    tensor<float, 4> wide(1, 2, 4, 6);
    CHECK_THROWS_WITH(filter.forward(exec::seq{}, p.views(), wide),
                      "tree_filter::forward: out must be [N, L, H, W] = [1, 2, 4, 5], got [1, 2, 4, 6]");
    tree_filter_saved<float> kept;
    CHECK_THROWS_WITH(filter.backward(exec::seq{}, p.views(), kept, out, tree_filter_gradients<float>{}),
                      "tree_filter::backward: kept.up must be [N, L + 1, H, W] = [1, 3, 4, 5], got [0, 0, 0, 0]");
}
