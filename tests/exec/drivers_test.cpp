// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include <support/catch.hpp>

#include <hyspn/core/tensor.hpp>
#include <hyspn/exec/dispatch.hpp>

// Every driver visits each index once, in the promised order, on one thread and on many, and sums to the same bits.
namespace hyspn::testing {
namespace {

constexpr int thread_counts[] = {1, 2, 3, 8};

/// Calls check(policy) with exec::seq and with exec::omp of every number of threads.
template <class Check>
void for_each_policy(Check const& check)
{
    check(exec::seq{});
    for (int threads : thread_counts) {
        INFO("omp, " << threads << " threads");
        check(exec::omp{.threads = threads});
    }
    check(exec::omp{});
}

/// Visits of each index of a shape; an operation object like any other.
template <std::size_t Rank>
struct count_op {
    view<int, Rank> visits;
    dims<Rank> shape() const { return visits.extents(); }
    template <class... I>
    void operator()(I... i) const
    {
        ++visits(i...);
    }
};

template <std::size_t Rank>
void check_each_index_once(std::vector<dims<Rank>> const& shapes)
{
    for (auto const& shape : shapes) {
        INFO(to_string(shape));
        for_each_policy([&](auto const& policy) {
            tensor<int, Rank> visits(shape);
            detail::dispatch(policy, count_op<Rank>{as_view(visits)});
            for (int n : visits) CHECK(n == 1);
        });
    }
}

/// Bits of a float or double, so that equal means identical.
std::uint32_t bits(float x)
{
    return std::bit_cast<std::uint32_t>(x);
}
std::uint64_t bits(double x)
{
    return std::bit_cast<std::uint64_t>(x);
}

template <class T>
std::vector<T> terms(index_t n)
{
    std::mt19937 generator(11);
    std::vector<T> x(static_cast<std::size_t>(n));
    for (T& a : x) a = std::ldexp(static_cast<T>(generator()) * T(0x1p-31) - T(1), static_cast<int>(generator() % 20));
    return x;
}

}  // namespace

TEST_CASE("parallel_for visits every index once")
{
    check_each_index_once<1>({{{0}}, {{1}}, {{7}}, {{1024}}, {{1025}}, {{5000}}});
    check_each_index_once<2>({{{0, 3}}, {{3, 0}}, {{1, 1}}, {{5, 7}}, {{64, 33}}});
    check_each_index_once<3>({{{0, 2, 2}}, {{1, 1, 1}}, {{3, 5, 7}}, {{1, 40, 3}}});
    check_each_index_once<4>({{{2, 0, 3, 1}}, {{1, 1, 1, 1}}, {{2, 3, 5, 7}}});
}

TEST_CASE("scan_lines walks every line in order")
{
    for (index_t lines : {0, 1, 5, 37})
        for (index_t length : {0, 1, 9}) {
            INFO(lines << " lines of " << length);
            for_each_policy([&](auto const& policy) {
                tensor<int, 1> next(lines), wrong(lines);
                scan_lines(policy, lines, length, [&](index_t line, index_t t) {
                    if (next(line)++ != t) ++wrong(line);
                });
                for (int n : next) CHECK(n == length);
                for (int n : wrong) CHECK(n == 0);
            });
        }
}

TEMPLATE_TEST_CASE("reduce gives the same bits from every policy and number of threads", "", float, double)
{
    using T = TestType;
    for (index_t n : {0, 1, 31, 32, 33, 4095, 4096, 4097, 100000, 4096 * 4096 / 64 + 1}) {
        INFO(n << " terms");
        auto const x = terms<T>(n);
        auto const term = [&](index_t i) { return x[static_cast<std::size_t>(i)]; };
        T const reference = reduce(exec::seq{}, n, term);
        long double exact = 0, size = 0;
        for (T a : x) {
            exact += static_cast<long double>(a);
            size += std::fabs(static_cast<long double>(a));
        }
        CHECK(std::fabs(static_cast<long double>(reference) - exact) <=
              20 * size * static_cast<long double>(std::numeric_limits<T>::epsilon()));
        for_each_policy([&](auto const& policy) { CHECK(bits(T(reduce(policy, n, term))) == bits(reference)); });
    }
}

TEST_CASE("reduce adds in the documented order")
{
    // Chunks of 4096, in each 32 lanes of every 32nd element, lanes pairwise 16, 8, 4, 2, 1 apart; chunk sums likewise.
    auto const sum_by_rule = [](std::vector<float> x) {
        do {
            std::vector<float> sums;
            for (std::size_t first = 0; first < x.size(); first += 4096) {
                float lane[32] = {};
                for (std::size_t i = first; i < std::min(x.size(), first + 4096); ++i) lane[(i - first) % 32] += x[i];
                for (std::size_t w = 16; w > 0; w /= 2)
                    for (std::size_t l = 0; l < w; ++l) lane[l] += lane[l + w];
                sums.push_back(lane[0]);
            }
            x = sums;
        } while (x.size() > 1);
        return x[0];
    };
    for (index_t n : {1, 33, 4097, 50001, 4096 * 4096 + 4097}) {  // the last has two chunks of chunk sums
        INFO(n << " terms");
        auto const x = terms<float>(n);
        auto const term = [&](index_t i) { return x[static_cast<std::size_t>(i)]; };
        float const wanted = sum_by_rule(x);
        CHECK(bits(reduce(exec::seq{}, n, term)) == bits(wanted));
        CHECK(bits(reduce(exec::omp{.threads = 3}, n, term)) == bits(wanted));
    }
}

TEST_CASE("reduce evaluates every term exactly once")
{
    for_each_policy([](auto const& policy) {
        tensor<int, 1> visits(10000);
        auto const v = as_view(visits);
        CHECK(reduce(policy, 10000, [v](index_t i) { return ++v(i); }) == 10000);
        for (int n : visits) CHECK(n == 1);
    });
}

TEST_CASE("Policies are small values that accept only arrays of their own memory")
{
    CHECK(execution_policy<exec::seq>);
    CHECK(execution_policy<exec::omp>);
    CHECK(!execution_policy<int>);
    CHECK(same_space<exec::omp, tensor<float, 2>, view<float const, 1>>);
    CHECK(!same_space<exec::seq, view<float, 2, memory::device>>);
    CHECK(std::is_trivially_copyable_v<exec::omp>);
}

TEST_CASE("what an operation throws reaches the caller from every policy and any number of threads")
{
    for_each_policy([](auto const& policy) {
        std::vector<int> seen(1000);
        auto const body = [&](index_t i, index_t) {
            seen[static_cast<std::size_t>(i)] = 1;
            if (i == 321) throw std::runtime_error("321");
        };
        CHECK_THROWS_WITH(parallel_for(policy, dims<2>{1000, 1}, body), "321");
        CHECK(seen[321] == 1);
    });
}

}  // namespace hyspn::testing
