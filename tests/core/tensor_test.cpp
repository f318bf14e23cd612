// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <cstdint>
#include <numeric>
#include <type_traits>
#include <utility>
#include <vector>

#include <support/catch.hpp>
#include <support/thrown.hpp>

#include <hyspn/core/tensor.hpp>

namespace hyspn::testing {

TEST_CASE("A tensor starts at zero, dense and aligned")
{
    for (index_t n : {1, 3, 17}) {
        tensor<float, 2> t(n, n + 2);
        CHECK(t.size() == n * (n + 2));
        CHECK(as_view(t).contiguous());
        CHECK(reinterpret_cast<std::uintptr_t>(t.data()) % 64 == 0);
        for (float x : t) CHECK(x == 0.0f);
    }
}

TEST_CASE("An empty tensor owns nothing and behaves")
{
    tensor<double, 3> t(4, 0, 2), none;
    CHECK(t.size() == 0);
    CHECK(t.data() == nullptr);
    CHECK(t.begin() == t.end());
    CHECK(t.extents() == dims<3>{{4, 0, 2}});
    CHECK(none.size() == 0);
    tensor<double, 3> const copied = t;
    CHECK(copied.extents() == t.extents());
    int visited = 0;
    for_each_element(as_view(t), [&](double) { ++visited; });
    CHECK(visited == 0);
}

TEST_CASE("A tensor refuses extents whose product is too large to count")
{
    index_t const big = index_t{1} << 32;
    CHECK(thrown<shape_error>([&] { tensor<char, 2>(big, big); }) ==
          "tensor: the number of bytes must be below 2^63, got [4294967296, 4294967296]");
    CHECK_THROWS_AS((tensor<float, 1>(index_t{1} << 62)), shape_error);
    CHECK_THROWS_AS((tensor<double, 3>(big, index_t{1}, big >> 3)), shape_error);
    CHECK(tensor<double, 3>(big, index_t{0}, big).size() == 0);
}

TEST_CASE("Moved-from tensors are empty and can be assigned to")
{
    tensor<int, 2> a(2, 3), b = std::move(a);
    CHECK(a.extents() == dims<2>{{0, 0}});  // NOLINT(bugprone-use-after-move): the state is promised
    CHECK(a.data() == nullptr);
    a = b;
    CHECK(a.extents() == dims<2>{{2, 3}});
}

TEST_CASE("Host tensors copy as values and move without copying")
{
    tensor<int, 2> a(2, 3);
    std::iota(a.begin(), a.end(), 1);
    tensor<int, 2> b = a;
    b(1, 2) = 99;
    CHECK(a(1, 2) == 6);
    CHECK(b.data() != a.data());

    int const* const where = a.data();
    tensor<int, 2> c = std::move(a);
    CHECK(c.data() == where);
    CHECK(c(1, 2) == 6);
    b = c;
    CHECK(b(1, 2) == 6);
    CHECK(b.data() != c.data());
    b = std::move(c);
    CHECK(b.data() == where);
    tensor<int, 2>& self = b;
    b = self;
    CHECK(b(1, 2) == 6);
}

TEST_CASE("Tensors index, slice and convert like their views")
{
    tensor<int, 3> t(2, 3, 4);
    t(1, 2, 3) = 5;
    CHECK(t[1](2, 3) == 5);
    t[0](1, 1) = 6;
    CHECK(t(0, 1, 1) == 6);
    tensor<int, 3> const& read_only = t;
    CHECK(std::is_same_v<decltype(read_only[0]), view<int const, 2>>);
    view<int const, 3> const v = t;
    CHECK(&v(1, 2, 3) == &t(1, 2, 3));
}

TEST_CASE("copy and cast take any strides and element types")
{
    std::vector<double> data(12);
    std::iota(data.begin(), data.end(), 0.0);
    view<double, 2> const transposed(data.data(), {{3, 4}}, {{1, 3}});
    tensor<float, 2> dense(3, 4);
    copy(transposed, as_view(dense));
    for (index_t i = 0; i < 3; ++i)
        for (index_t j = 0; j < 4; ++j) CHECK(dense(i, j) == static_cast<float>(i + 3 * j));
    auto const integers = cast<int>(transposed);
    CHECK(integers(2, 3) == 11);
    std::vector<double> order;
    for_each_element(transposed, [&](double x) { order.push_back(x); });
    CHECK(order == std::vector<double>{0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11});
}

}  // namespace hyspn::testing
