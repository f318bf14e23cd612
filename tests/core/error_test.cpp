// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <string>
#include <type_traits>

#include <support/catch.hpp>
#include <support/thrown.hpp>

#include <hyspn/core/tensor.hpp>

namespace hyspn::testing {

TEST_CASE("Every exception is a hyspn::error and a std::runtime_error")
{
    CHECK(std::is_base_of_v<std::runtime_error, error>);
    CHECK(std::is_base_of_v<error, shape_error>);
    CHECK(std::is_base_of_v<error, value_error>);
    CHECK(std::is_base_of_v<error, io_error>);
    CHECK(std::is_base_of_v<error, cuda_error>);
}

TEST_CASE("Messages name the function, the argument, what is wanted and what was given")
{
    CHECK(thrown<value_error>([] { detail::raise<value_error>("f", "x", "good", "bad"); }) ==
          "f: x must be good, got bad");
    CHECK(thrown<value_error>([] { detail::require_value(false, "f", "x", "even", 3); }) ==
          "f: x must be even, got 3");
    CHECK_NOTHROW(detail::require_value(true, "f", "x", "even", 2));
    CHECK(thrown<shape_error>([] {
              detail::require_shape("f", "x", "[H, W]", dims<2>{{3, 4}}, dims<2>{{4, 3}});
          }) == "f: x must be [H, W] = [4, 3], got [3, 4]");
    CHECK_NOTHROW(detail::require_shape("f", "x", "[H, W]", dims<2>{{3, 4}}, dims<2>{{3, 4}}));

    float data[8] = {};
    view<float, 2> const columns(data, {{2, 4}}, {{1, 2}});
    CHECK(thrown<shape_error>([&] { detail::require_rows("f", "x", columns); }) ==
          "f: x must be contiguous in its last index, got stride 2");
    CHECK_NOTHROW(detail::require_rows("f", "x", view<float, 2>(data, {{2, 4}})));
}

TEST_CASE("Arrays refuse impossible extents and copies of unequal extents")
{
    CHECK(thrown<shape_error>([] { tensor<float, 2>(3, -1); }) ==
          "tensor: every extent must be at least 0, got [3, -1]");
    tensor<float, 2> a(2, 3), b(3, 2);
    CHECK(thrown<shape_error>([&] { copy(as_view(a), as_view(b)); }) ==
          "copy: to must be extents of from = [2, 3], got [3, 2]");
}

}  // namespace hyspn::testing
