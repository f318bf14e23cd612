// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <type_traits>
#include <utility>
#include <vector>

#include <support/catch.hpp>
#include <support/thrown.hpp>

#include <hyspn/core/random.hpp>
#include <hyspn/exec/cuda.cuh>

namespace hyspn::testing {
namespace {

template <class T, std::size_t Rank>
using device_tensor = tensor<T, Rank, memory::device>;

template <std::size_t Rank>
tensor<float, Rank> random_values(dims<Rank> const& e)
{
    tensor<float, Rank> t(e);
    random_stream stream(5);
    for (float& x : t) x = static_cast<float>(stream.normal());
    return t;
}

template <class T, std::size_t Rank>
std::vector<T> values(tensor<T, Rank> const& t)
{
    return {t.begin(), t.end()};
}

template <class T>
std::vector<T> values_on_device(device_tensor<T, 2> const& t)
{
    return values(to_host(exec::cuda{}, t));
}

struct read_op {
    view<float const, 1, memory::device> x;
    HYSPN_HD void operator()(index_t i) const { (void)x(i); }
};

}  // namespace

TEST_CASE("cuda: arrays travel to the device and back unchanged")
{
    exec::cuda const exec;
    for (auto const& e : {dims<2>{{0, 0}}, {{3, 0}}, {{1, 1}}, {{127, 33}}}) {
        INFO(to_string(e));
        auto const host = random_values(e);
        auto const device = to_device(exec, host);
        CHECK(device.extents() == e);
        auto const back = to_host(exec, device);
        CHECK(back.extents() == e);
        CHECK(values(back) == values(host));
    }
}

TEST_CASE("cuda: device tensors start at zero")
{
    for (int again = 0; again < 3; ++again) {  // memory that was used before, too
        device_tensor<float, 2> t(301, 257);
        auto const v = values_on_device(t);
        CHECK(std::all_of(v.begin(), v.end(), [](float x) { return x == 0; }));
        detail::check_cuda(cudaMemset(t.data(), 0x7f, static_cast<std::size_t>(t.size()) * sizeof(float)),
                           "cudaMemset");
    }
}

TEST_CASE("cuda: device tensors move, and copy by clone alone")
{
    static_assert(!std::is_copy_constructible_v<device_tensor<float, 2>>);
    static_assert(std::is_nothrow_move_constructible_v<device_tensor<float, 2>>);
    exec::cuda const exec;
    auto const host = random_values(dims<2>{{5, 7}});
    auto first = to_device(exec, host);
    auto second = clone(exec, first);
    CHECK(second.data() != first.data());
    detail::check_cuda(cudaMemset(first.data(), 0, 35 * sizeof(float)), "cudaMemset");
    CHECK(values_on_device(second) == values(host));

    float const* const place = second.data();
    device_tensor<float, 2> third = std::move(second);
    CHECK(third.data() == place);
    CHECK(second.size() == 0);
    first = std::move(third);
    CHECK(first.data() == place);
    CHECK(values_on_device(first) == values(host));
    CHECK(clone(exec, device_tensor<float, 2>(0, 4)).extents() == dims<2>{{0, 4}});
}

TEST_CASE("cuda: freed memory is kept for coming arrays until it is released")
{
    constexpr index_t bytes = index_t{256} << 20;
    auto const free_bytes = [] {
        detail::check_cuda(cudaDeviceSynchronize(), "cudaDeviceSynchronize");  // pools give back when a device is idle
        std::size_t free = 0, total = 0;
        detail::check_cuda(cudaMemGetInfo(&free, &total), "cudaMemGetInfo");
        return static_cast<index_t>(free);
    };
    exec::release_kept_memory();
    index_t const before = free_bytes();
    device_tensor<char, 1>{bytes};
    CHECK(before - free_bytes() >= bytes / 2);
    device_tensor<char, 1> const again(bytes);
    CHECK(before - free_bytes() < bytes * 3 / 2);
    exec::release_kept_memory();
    CHECK(before - free_bytes() >= bytes / 2);  // `again` is in use
}

TEST_CASE("cuda: memory that is not there is an exception, and the device goes on")
{
    CHECK(thrown<cuda_error>([] { device_tensor<double, 1>(index_t{1} << 50); }) ==
          "cudaMallocFromPoolAsync failed: out of memory");
    auto const device = to_device(exec::cuda{}, random_values(dims<1>{{33}}));
    CHECK_NOTHROW(parallel_for(exec::cuda{}, device.extents(), read_op{as_view(device)}));  // it is not blamed
    CHECK_NOTHROW(exec::cuda{}.wait());
}

}  // namespace hyspn::testing
