// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// β-ratios, β-concatenation and β-split.
#include <hyspn/nn/beta_concatenation.hpp>

#include "nn/support.hpp"
#include "nn/textbook.hpp"

using namespace hyspn;
using namespace hyspn::testing;
namespace book = textbook;
using tolerance = nn_tolerances;

namespace {

template <class T, std::size_t Rank>
std::vector<view<T const, Rank>> inputs(std::vector<tensor<T, Rank>> const& parts)
{
    std::vector<view<T const, Rank>> views;
    for (auto const& p : parts) views.push_back(as_view(p));
    return views;
}
template <class T, std::size_t Rank>
std::vector<view<T, Rank>> outputs(std::vector<tensor<T, Rank>>& parts)
{
    std::vector<view<T, Rank>> views;
    for (auto& p : parts) views.push_back(as_view(p));
    return views;
}

/// Parts of 2, 1 and 4 channels.
template <class T, std::size_t Rank>
std::vector<tensor<T, Rank>> parts_of(dims<Rank> const& e, double spread)
{
    std::vector<tensor<T, Rank>> parts;
    for (index_t size : {2, 1, 4})
        parts.push_back(
            random_tensor<T>(hyspn::detail::with_channels(e, size), spread, static_cast<std::uint64_t>(size)));
    return parts;
}

/// One function of a flat array: parts of 2, 1 and 4 numbers and c → their ball concatenation; and its inverse.
template <class T>
std::vector<T> ball_concatenation(std::vector<T> const& flat)
{
    std::vector<tensor<T, 2>> parts{tensor<T, 2>(1, 2), tensor<T, 2>(1, 1), tensor<T, 2>(1, 4)};
    auto next = flat.begin();
    for (auto& p : parts)
        for (T& v : p) v = *next++;
    tensor<T, 2> y(1, 7);
    poincare::beta_concatenate(exec::seq{}, curvature<T>::from_c(flat.back()), inputs(parts), as_view(y));
    return {y.begin(), y.end()};
}
std::vector<double> ball_concatenation_vjp(std::vector<double> const& flat, std::vector<double> const& g)
{
    std::vector<tensor<double, 2>> parts{tensor<double, 2>(1, 2), tensor<double, 2>(1, 1), tensor<double, 2>(1, 4)};
    auto d = parts;
    auto next = flat.begin();
    for (auto& p : parts)
        for (double& v : p) v = *next++;
    tensor<double, 2> dy(1, 7);
    std::copy(g.begin(), g.end(), dy.begin());
    double const c = poincare::beta_concatenate_vjp(exec::seq{}, curvature<double>::from_c(flat.back()), inputs(parts),
                                                    as_const(dy), outputs(d));
    std::vector<double> bar;
    for (auto const& p : d) bar.insert(bar.end(), p.begin(), p.end());
    bar.push_back(c);
    return bar;
}
template <class T>
std::vector<T> ball_split(std::vector<T> const& flat)
{
    std::vector<tensor<T, 2>> parts{tensor<T, 2>(1, 2), tensor<T, 2>(1, 1), tensor<T, 2>(1, 4)};
    tensor<T, 2> y(1, 7);
    std::copy(flat.begin(), flat.end() - 1, y.begin());
    poincare::beta_split(exec::seq{}, curvature<T>::from_c(flat.back()), as_const(y), outputs(parts));
    std::vector<T> out;
    for (auto const& p : parts) out.insert(out.end(), p.begin(), p.end());
    return out;
}
std::vector<double> ball_split_vjp(std::vector<double> const& flat, std::vector<double> const& g)
{
    std::vector<tensor<double, 2>> d{tensor<double, 2>(1, 2), tensor<double, 2>(1, 1), tensor<double, 2>(1, 4)};
    auto next = g.begin();
    for (auto& p : d)
        for (double& v : p) v = *next++;
    tensor<double, 2> y(1, 7), dy(1, 7);
    std::copy(flat.begin(), flat.end() - 1, y.begin());
    double const c = poincare::beta_split_vjp(exec::seq{}, curvature<double>::from_c(flat.back()), as_const(y),
                                              inputs(d), as_view(dy));
    std::vector<double> bar(dy.begin(), dy.end());
    bar.push_back(c);
    return bar;
}

}  // namespace

TEST_CASE("β-ratios")
{
    // β_1 = π, β_2 = 2, β_3 = π/2, β_4 = 4/3.
    CHECK(beta_ratio<double>(1, 2) == 3.14159265358979323846 / 2);
    CHECK(beta_ratio<double>(3, 1) == 0.5);
    CHECK(beta_ratio<double>(4, 2) == 2 / 3.);
    CHECK(beta_ratio<double>(2, 4) == 1.5);
    CHECK(beta_ratio<double>(7, 7) == 1);
    // Four vectors of 2, 8 and 64 numbers; K^{−1/2} in the limit.
    CHECK(std::fabs(beta_ratio<double>(8, 2) - 0.45714) < 5e-6);
    CHECK(std::fabs(beta_ratio<double>(32, 8) - 0.48846) < 5e-6);
    CHECK(std::fabs(beta_ratio<double>(256, 64) - 0.49854) < 5e-6);
    CHECK(std::fabs(beta_ratio<double>(40000, 10000) - 0.5) < 1e-4);
    // Against lgamma, which loses digits itself.
    for (index_t n : {1, 2, 3, 10, 63, 64, 100, 577})
        for (index_t m : {1, 2, 5, 64, 577}) {
            auto const want = static_cast<double>(book::beta(n) / book::beta(m));
            CHECK(std::fabs(beta_ratio<double>(n, m) - want) <= 1e-15 * want);
            CHECK(std::fabs(beta_ratio<double>(n, m) * beta_ratio<double>(m, n) - 1) <= 2 * unit_roundoff<double>);
        }
}

TEMPLATE_TEST_CASE("β-split undoes β-concatenation in every layout", "", float, double)
{
    using T = TestType;
    auto const check = [](auto const& exec, auto const& e) {
        auto const parts = parts_of<T>(e, 0.15);  // inside the ball
        tensor<T, std::remove_cvref_t<decltype(parts[0])>::rank()> y(hyspn::detail::with_channels(e, 7));
        nn::beta_concatenate(exec, inputs(parts), as_view(y));
        auto back = parts;
        nn::beta_split(exec, as_const(y), outputs(back));
        for (std::size_t i = 0; i < 3; ++i) CHECK(error_in_eps(numbers_in(back[i]), numbers_in(parts[i])) <= 3);
        // On the ball, at c ≠ 1.
        auto const c = curvature<T>::from_c(T(0.75));
        poincare::beta_concatenate(exec, c, inputs(parts), as_view(y));
        poincare::beta_split(exec, c, as_const(y), outputs(back));
        for (std::size_t i = 0; i < 3; ++i)
            CHECK(error_in_eps(numbers_in(back[i]), numbers_in(parts[i])) <= tolerance::law);
    };
    check(exec::seq{}, dims<2>{5, 7});
    check(exec::omp{.threads = 2}, dims<2>{5, 7});
    check(exec::seq{}, dims<3>{7, 3, 2});
    check(exec::omp{.threads = 2}, dims<4>{2, 7, 3, 2});
}

TEST_CASE("β-concatenation of ball points is the textbook's")
{
    for (double c : {0.1, 0.75, 3.7}) {
        auto const parts = parts_of<double>(dims<2>{1, 7}, 0.15);
        tensor<double, 2> y(1, 7);
        poincare::beta_concatenate(exec::seq{}, curvature<double>::from_c(c), inputs(parts), as_view(y));
        std::vector<book::vec> points;
        for (auto const& p : parts) points.emplace_back(p.begin(), p.end());
        CHECK(error_in_eps(numbers_in(y), book::beta_concatenate(points, c)) <= tolerance::value);
    }
}

TEST_CASE("β-concatenation and β-split are transposed by their backward passes")
{
    // Linear maps: ⟨g, A v⟩ = ⟨Aᵀ g, v⟩.
    auto const parts = parts_of<double>(dims<4>{2, 7, 3, 2}, 0.4);
    tensor<double, 4> y(2, 7, 3, 2);
    auto const g = random_tensor<double>(y.extents(), 1, 7);
    auto d = parts;
    nn::beta_concatenate(exec::seq{}, inputs(parts), as_view(y));
    nn::beta_concatenate_vjp(exec::seq{}, as_const(g), outputs(d));
    double left = 0, right = 0;
    for (index_t i = 0; i < y.size(); ++i) left += y.data()[i] * g.data()[i];
    for (std::size_t k = 0; k < 3; ++k)
        for (index_t i = 0; i < d[k].size(); ++i) right += d[k].data()[i] * parts[k].data()[i];
    CHECK(std::fabs(left - right) <= 1e-14 * std::fabs(left));
    nn::beta_split(exec::seq{}, as_const(g), outputs(d));
    nn::beta_split_vjp(exec::seq{}, inputs(parts), as_view(y));
    left = right = 0;
    for (index_t i = 0; i < y.size(); ++i) left += y.data()[i] * g.data()[i];
    for (std::size_t k = 0; k < 3; ++k)
        for (index_t i = 0; i < d[k].size(); ++i) right += d[k].data()[i] * parts[k].data()[i];
    CHECK(std::fabs(left - right) <= 1e-14 * std::fabs(left));

    std::vector<double> const point{0.2, -0.1, 0.3, 0.1, 0.2, -0.3, 0.05, 0.75};
    auto const check = [&](auto const& forward, auto const& backward) {
        auto const report = check_adjoint(forward, backward, point);
        INFO(report.log);
        CHECK(report.within(tolerance::adjoint));
        CHECK(check_differences(forward, backward, point).within(tolerance::differences));
    };
    check([](auto const& x) { return ball_concatenation(x); }, ball_concatenation_vjp);
    check([](auto const& x) { return ball_split(x); }, ball_split_vjp);
}
