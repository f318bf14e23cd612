// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <cstring>
#include <type_traits>
#include <vector>

#include <support/catch.hpp>
#include <support/thrown.hpp>

#include <hyspn/core/random.hpp>
#include <hyspn/exec/dispatch.hpp>

// The loop drivers of exec::cuda: every index once, lines in order, sums to the bits of exec::seq.
namespace hyspn::testing {
namespace {

/// Adds to each element its position in row-major order, starting at 1.
template <std::size_t Rank>
struct add_position_op {
    view<index_t, Rank, memory::device> out;

    dims<Rank> shape() const { return out.extents(); }
    template <class... I>
    HYSPN_HD void operator()(I... i) const
    {
        index_t const position[] = {i...};
        index_t flat = 0;
        for (std::size_t r = 0; r < Rank; ++r) flat = flat * out.extent(r) + position[r];
        out(i...) += flat + 1;
    }
};

template <std::size_t Rank>
void check_each_index_once(exec::cuda const& exec, dims<Rank> const& e)
{
    INFO(to_string(e) << " in blocks of " << exec.launch.threads);
    auto device = to_device(exec, tensor<index_t, Rank>(e));
    detail::dispatch(exec, add_position_op<Rank>{as_view(device)});
    auto const host = to_host(exec, device);
    index_t wrong = 0;
    for (index_t i = 0; i < host.size(); ++i) wrong += host.data()[i] != i + 1;
    CHECK(wrong == 0);
}

/// Line l, step t: x(l, t) = 3 x(l, t - 1) + l + t, modulo 2^64: every step needs the one before.
struct recurrence {
    view<std::uint64_t, 2, memory::device> x;

    HYSPN_HD static std::uint64_t next(std::uint64_t before, index_t line, index_t t)
    {
        return 3 * before + static_cast<std::uint64_t>(line + t);
    }
    HYSPN_HD void operator()(index_t line, index_t t) const { x(line, t) = next(t > 0 ? x(line, t - 1) : 1, line, t); }
};

/// Terms of very different size, the same on host and device: nothing is rounded on the way.
template <class T>
struct random_term {
    HYSPN_HD T operator()(index_t i) const
    {
        random_stream stream(static_cast<std::uint64_t>(i));
        T const mantissa = static_cast<T>(static_cast<std::int64_t>(stream.bits() >> 41) - (1 << 22));
        return mantissa * static_cast<T>(index_t{1} << stream.below(30));
    }
};

template <class T>
bool same_bits(T a, T b)
{
    return std::memcmp(&a, &b, sizeof(T)) == 0;
}

/// A stream of its own, not even ordered with the default one.
struct side_stream {
    cudaStream_t stream = nullptr;
    side_stream() { detail::check_cuda(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "create"); }
    side_stream(side_stream const&) = delete;
    side_stream& operator=(side_stream const&) = delete;
    ~side_stream() { (void)cudaStreamDestroy(stream); }
};

}  // namespace

TEST_CASE("cuda: parallel_for visits every index once")
{
    for (int threads : {32, 256, 1024}) {
        exec::cuda const exec{.launch = {.threads = threads}};
        for (index_t n : {0, 1, 255, 256, 257, 1'000'003}) check_each_index_once<1>(exec, {{n}});
        for (auto const& e : {dims<2>{{0, 3}}, {{3, 0}}, {{1, 1}}, {{129, 517}}}) check_each_index_once<2>(exec, e);
        for (auto const& e : {dims<3>{{2, 0, 3}}, {{1, 1, 1}}, {{7, 31, 65}}}) check_each_index_once<3>(exec, e);
        for (auto const& e : {dims<4>{{1, 2, 3, 0}}, {{1, 1, 1, 1}}, {{3, 5, 7, 130}}})
            check_each_index_once<4>(exec, e);
    }
}

TEST_CASE("cuda: more indices than one launch has threads are all visited")
{
    exec::cuda const exec{.launch = {.threads = 32}};
    check_each_index_once<1>(exec, {{65535 * 16 * 32 + 77}});
}

TEST_CASE("cuda: scan_lines walks every line in order")
{
    exec::cuda const exec;
    for (auto const& e : {dims<2>{{0, 5}}, {{5, 0}}, {{1, 1}}, {{1, 100}}, {{700, 33}}}) {
        INFO(to_string(e));
        auto device = to_device(exec, tensor<std::uint64_t, 2>(e));
        scan_lines(exec, e[0], e[1], recurrence{as_view(device)});
        auto const host = to_host(exec, device);
        index_t wrong = 0;
        for (index_t line = 0; line < e[0]; ++line)
            for (index_t t = 0; t < e[1]; ++t)
                wrong += host(line, t) != recurrence::next(t > 0 ? host(line, t - 1) : 1, line, t);
        CHECK(wrong == 0);
    }
}

TEMPLATE_TEST_CASE("cuda: reduce gives the bits of exec::seq", "", float, double)
{
    // One lane, one chunk, several, and sums of sums of sums.
    for (index_t n : {0, 1, 31, 32, 33, 4095, 4096, 4097, 100'000, 4096 * 4096, 4096 * 4096 + 4097}) {
        INFO(n);
        random_term<TestType> const term;
        CHECK(same_bits(reduce(exec::cuda{}, n, term), reduce(exec::seq{}, n, term)));
    }
}

TEST_CASE("cuda: a stream of one's own")
{
    side_stream const side;
    exec::cuda const exec{.stream = side.stream};
    check_each_index_once<3>(exec, {{3, 40, 50}});
    CHECK(same_bits(reduce(exec, 50'000, random_term<double>{}), reduce(exec::seq{}, 50'000, random_term<double>{})));
    tensor<float, 1> const host(1000);
    auto const device = to_device(exec, host);
    auto const copy = clone(exec, device);
    CHECK(to_host(exec, copy).extents() == host.extents());
    CHECK_NOTHROW(exec.wait());
}

TEST_CASE("cuda: a launch that fails is named and does not spoil the next")
{
    exec::cuda const impossible{.launch = {.threads = 4096}};
    tensor<index_t, 1, memory::device> out(10);
    CHECK(thrown<cuda_error>([&] {
              detail::dispatch(impossible, add_position_op<1>{as_view(out)});
          }).starts_with("parallel_for kernel launch failed: "));
    tensor<std::uint64_t, 2, memory::device> lines(2, 3);
    CHECK(thrown<cuda_error>([&] {
              scan_lines(impossible, 2, 3, recurrence{as_view(lines)});
          }).starts_with("scan_lines kernel launch failed: "));
    check_each_index_once<1>(exec::cuda{}, {{10}});
}

}  // namespace hyspn::testing
