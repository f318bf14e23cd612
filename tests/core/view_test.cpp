// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <numeric>
#include <type_traits>
#include <vector>

#include <support/catch.hpp>

#include <hyspn/core/tensor.hpp>

namespace hyspn::testing {
namespace {

/// What std::mdspan offers, as far as as_view needs it.
struct mdspan_like {
    using element_type = int;
    using extents_type = void;
    int* data;
    static constexpr std::size_t rank() { return 2; }
    int* data_handle() const { return data; }
    std::size_t extent(std::size_t r) const { return r == 0 ? 2 : 3; }
    std::size_t stride(std::size_t r) const { return r == 0 ? 4 : 1; }
};

}  // namespace

TEST_CASE("A dense view walks memory in row-major order")
{
    std::vector<int> data(24);
    std::iota(data.begin(), data.end(), 0);
    view<int, 3> const v(data.data(), {{2, 3, 4}});
    CHECK(v.size() == 24);
    CHECK(v.contiguous());
    CHECK(v.rows_contiguous());
    CHECK(v(0, 0, 0) == 0);
    CHECK(v(1, 2, 3) == 23);
    CHECK(v(1, 0, 2) == 14);
    CHECK(v[1][2](3) == 23);
    CHECK(v[1].extents() == dims<2>{{3, 4}});
    CHECK(to_string(v.extents()) == "[2, 3, 4]");
}

TEST_CASE("Strides describe padded rows, transposed and channel-last arrays")
{
    std::vector<int> data(40);
    std::iota(data.begin(), data.end(), 0);
    view<int, 2> const padded(data.data(), {{4, 3}}, {{10, 1}});
    CHECK(!padded.contiguous());
    CHECK(padded.rows_contiguous());
    CHECK(padded(3, 2) == 32);

    view<int, 2> const transposed(data.data(), {{3, 4}}, {{1, 10}});
    CHECK(!transposed.contiguous());
    CHECK(!transposed.rows_contiguous());
    for (index_t i = 0; i < 4; ++i)
        for (index_t j = 0; j < 3; ++j) CHECK(&padded(i, j) == &transposed(j, i));

    view<int, 3> const channel_last(data.data(), {{2, 3, 5}}, {{1, 10, 2}});
    CHECK(channel_last(1, 2, 4) == 29);
    CHECK(channel_last[1](2, 4) == 29);
}

TEST_CASE("An extent of one or zero has any stride")
{
    int one = 7;
    view<int, 2> const v(&one, {{1, 1}}, {{99, -5}});
    CHECK(v.contiguous());
    CHECK(v.rows_contiguous());
    CHECK(v(0, 0) == 7);
    view<int, 2> const empty(nullptr, {{0, 4}});
    CHECK(empty.size() == 0);
    CHECK(view<int, 2>().size() == 0);
}

TEST_CASE("A mutable view becomes a read-only one, never the reverse")
{
    using mutable_view = view<float, 2>;
    using const_view = view<float const, 2>;
    CHECK(std::is_convertible_v<mutable_view, const_view>);
    CHECK(!std::is_convertible_v<const_view, mutable_view>);
    CHECK(!std::is_convertible_v<view<float, 2, memory::device>, mutable_view>);
    CHECK(std::is_trivially_copyable_v<mutable_view>);
    CHECK(std::is_same_v<value_type_of<const_view>, float>);
    CHECK(std::is_same_v<memory_of<view<float, 1, memory::device>>, memory::device>);
}

TEST_CASE("mdspan-like objects and tensors pass as views")
{
    std::vector<int> data(8);
    std::iota(data.begin(), data.end(), 0);
    auto const v = as_view(mdspan_like{data.data()});
    CHECK(v.extents() == dims<2>{{2, 3}});
    CHECK(v(1, 2) == 6);
    CHECK(view_like<mdspan_like>);
    CHECK(view_like<tensor<float, 2>>);
    CHECK(!view_like<std::vector<int>>);
    CHECK(rank_of<tensor<float, 3>> == 3);
}

TEST_CASE("with_batch puts an index of extent one in front")
{
    tensor<int, 2> t(2, 3);
    auto const batch = with_batch(as_view(t));
    CHECK(batch.extents() == dims<3>{{1, 2, 3}});
    CHECK(batch.contiguous());
    CHECK(&batch(0, 1, 2) == &t(1, 2));
}

}  // namespace hyspn::testing
