// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include <Eigen/Dense>

#include <hyspn/core/random.hpp>
#include <hyspn/guidance/dirichlet.hpp>

#include "support/catch.hpp"
#include "support/thrown.hpp"

using namespace hyspn;
using hyspn::testing::thrown;

namespace {

template <class T>
struct scene {
    tensor<T, 3> colours;
    tensor<T, 2> sparse, guess;
};

template <class T>
scene<T> make_scene(index_t height, index_t width, index_t every, std::uint64_t seed)
{
    random_stream random(seed);
    scene<T> s{tensor<T, 3>(2, height, width), tensor<T, 2>(height, width), tensor<T, 2>(height, width)};
    for (T& v : s.colours) v = static_cast<T>(0.02 * random.uniform());
    for (index_t k = 0; k < s.sparse.size(); ++k) {
        if (k % every == 0) s.sparse.data()[k] = static_cast<T>(1 + 3 * random.uniform());
        s.guess.data()[k] = static_cast<T>(1 + 3 * random.uniform());
    }
    return s;
}

/// The minimum by a dense solve in double.
template <class T>
Eigen::VectorXd reference(scene<T> const& s, guidance::dirichlet_options const& o)
{
    index_t const height = s.sparse.extent(0), width = s.sparse.extent(1), n = height * width;
    Eigen::MatrixXd a = Eigen::MatrixXd::Zero(n, n);
    Eigen::VectorXd b = Eigen::VectorXd::Zero(n);
    auto const join = [&](index_t i, index_t j, index_t u, index_t v) {
        double squared = 0;
        for (index_t c = 0; c < s.colours.extent(0); ++c)
            squared += std::pow(double(s.colours(c, i, j)) - double(s.colours(c, u, v)), 2);
        double const w = std::exp(-2 * std::sqrt(squared) / o.temperature) + o.floor;
        index_t const p = i * width + j, q = u * width + v;
        a(p, p) += w;
        a(q, q) += w;
        a(p, q) -= w;
        a(q, p) -= w;
    };
    for (index_t i = 0; i < height; ++i)
        for (index_t j = 0; j < width; ++j) {
            if (i + 1 < height) join(i, j, i + 1, j);
            if (j + 1 < width) join(i, j, i, j + 1);
            if (!(s.sparse(i, j) > 0)) continue;
            a(i * width + j, i * width + j) += o.pull;
            b(i * width + j) = o.pull * double(s.sparse(i, j));
        }
    return a.ldlt().solve(b);
}

}  // namespace

TEMPLATE_TEST_CASE("dirichlet_map: the minimum, from whatever guess", "", float, double)
{
    using T = TestType;
    for (auto const& size : {dims<2>{7, 11}, dims<2>{1, 13}, dims<2>{13, 1}, dims<2>{1, 1}}) {
        auto s = make_scene<T>(size[0], size[1], 9, 3);
        guidance::dirichlet_options const o{
            .temperature = 0.03, .floor = 1e-3, .pull = 2, .tolerance = std::is_same_v<T, float> ? 1e-6 : 1e-12};
        auto const wanted = reference(s, o);
        for (int again = 0; again < 2; ++again) {
            auto const found = guidance::dirichlet_map(exec::seq{}, s.colours, s.sparse, s.guess, o);
            CHECK(found.report.residual <= o.tolerance);
            for (index_t k = 0; k < wanted.size(); ++k)
                CHECK(double(found.depth.data()[k]) ==
                      Approx(wanted(k)).epsilon(std::is_same_v<T, float> ? 2e-4 : 1e-9));
            if (again > 0) CHECK(found.report.iterations == 0);
            copy(as_const(found.depth), as_view(s.guess));
        }
    }
}

TEST_CASE("dirichlet_map: one measurement fills the image; stopped early it says so")
{
    auto s = make_scene<double>(12, 15, 1000, 5);
    for (index_t k = 0; k < s.sparse.size(); ++k) s.sparse.data()[k] = k == 40 ? 3 : 0;
    auto const full = guidance::dirichlet_map(exec::seq{}, s.colours, s.sparse, s.guess, {.tolerance = 1e-12});
    for (double z : full.depth) CHECK(z == Approx(3).epsilon(1e-6));
    auto const early = guidance::dirichlet_map(exec::seq{}, s.colours, s.sparse, s.guess, {.max_iterations = 2});
    CHECK(early.report.iterations == 2);
    CHECK(early.report.residual > 1e-5);
    auto const blend =
        guidance::blend_dirichlet(exec::seq{}, s.colours, s.sparse, s.guess, 0.2, {.max_iterations = 2}).report;
    CHECK(blend.iterations == 2);
    CHECK(blend.residual == early.report.residual);
}

TEST_CASE("blend_dirichlet: a share of it, and the measurements")
{
    auto const s = make_scene<double>(9, 8, 7, 2);
    auto const smooth = guidance::dirichlet_map(exec::seq{}, s.colours, s.sparse, s.guess).depth;
    for (double share : {0.0, 0.25, 1.0}) {
        auto const blended = guidance::blend_dirichlet(exec::seq{}, s.colours, s.sparse, s.guess, share).depth;
        for (index_t k = 0; k < blended.size(); ++k) {
            double const mean = (1 - share) * s.guess.data()[k] + share * smooth.data()[k];
            double const given = s.sparse.data()[k];
            CHECK(blended.data()[k] == Approx(given > 0 ? given : mean).epsilon(1e-14));
        }
    }
}

TEST_CASE("dirichlet_map: identical bits from any number of threads and from padded rows, and close to seq")
{
    auto const s = make_scene<float>(83, 67, 31, 8);
    tensor<float, 3> wide(2, 83, 72);
    view<float, 3> const padded(wide.data(), s.colours.extents(), as_view(wide).strides());
    copy(as_const(s.colours), padded);
    auto const reference = guidance::blend_dirichlet(exec::omp{1}, s.colours, s.sparse, s.guess, 0.5).depth;
    for (int threads : {2, 3}) {
        auto const other = guidance::blend_dirichlet(exec::omp{threads}, s.colours, s.sparse, s.guess, 0.5).depth;
        CHECK(std::equal(reference.begin(), reference.end(), other.begin()));
        auto const same = guidance::blend_dirichlet(exec::omp{threads}, padded, s.sparse, s.guess, 0.5).depth;
        CHECK(std::equal(reference.begin(), reference.end(), same.begin()));
    }
    // The solver's steps are fused otherwise by seq, and it stops at its tolerance: 1e-5 of the right-hand side.
    auto const plain = guidance::blend_dirichlet(exec::seq{}, s.colours, s.sparse, s.guess, 0.5).depth;
    for (index_t k = 0; k < plain.size(); ++k) CHECK(plain.data()[k] == Approx(reference.data()[k]).epsilon(1e-3));
}

TEST_CASE("dirichlet_map: bad arguments are refused, by name")
{
    auto s = make_scene<float>(5, 6, 4, 1);
    auto const solve = [&](guidance::dirichlet_options const& o) {
        return guidance::dirichlet_map(exec::seq{}, s.colours, s.sparse, s.guess, o);
    };
    CHECK_THROWS_WITH(solve({.temperature = 0}), "dirichlet_map: temperature must be positive and finite, got 0");
    CHECK_THROWS_WITH(solve({.floor = 0}), Catch::Contains("floor"));
    CHECK_THROWS_WITH(solve({.pull = std::nan("")}), Catch::Contains("pull"));
    CHECK_THROWS_WITH(solve({.tolerance = -1}), Catch::Contains("tolerance"));
    CHECK_THROWS_WITH(solve({.max_iterations = 0}), Catch::Contains("max_iterations"));
    tensor<float, 2> const other(5, 7), none(5, 6);
    CHECK_THROWS_WITH(guidance::dirichlet_map(exec::seq{}, s.colours, other, s.guess), Catch::Contains("sparse"));
    CHECK_THROWS_WITH(guidance::dirichlet_map(exec::seq{}, s.colours, s.sparse, other), Catch::Contains("guess"));
    CHECK_THROWS_AS(guidance::dirichlet_map(exec::seq{}, s.colours, none, s.guess), value_error);
    CHECK_THROWS_WITH(guidance::blend_dirichlet(exec::seq{}, s.colours, s.sparse, s.guess, 1.5),
                      "blend_dirichlet: share must be in [0, 1], got 1.5");
    auto const spoiled = [&](float& number, float by) {
        float const was = std::exchange(number, by);
        std::string const message = thrown<value_error>([&] { solve({}); });
        number = was;
        return message;
    };
    float const nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
    CHECK(spoiled(s.colours(1, 3, 4), nan) == "dirichlet_map: colours must be finite everywhere, got nan");
    CHECK(spoiled(s.colours(0, 0, 0), infinity) == "dirichlet_map: colours must be finite everywhere, got inf");
    CHECK(spoiled(s.guess(4, 5), nan) == "dirichlet_map: guess must be finite everywhere, got nan");
    CHECK(spoiled(s.guess(0, 1), -infinity) == "dirichlet_map: guess must be finite everywhere, got -inf");
    s.sparse(2, 2) = -1;
    CHECK_THROWS_AS(solve({}), value_error);
}
