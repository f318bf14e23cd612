// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <cstdint>
#include <limits>

#include <io/files.hpp>
#include <support/catch.hpp>
#include <support/thrown.hpp>

#include <hyspn/io/safetensors.hpp>

namespace hyspn::testing {
namespace {

/// The arrays written to a file and read back.
io::safetensors replay(io::safetensors const& arrays)
{
    scratch_folder const folder;
    arrays.write(folder / "a.safetensors");
    return io::safetensors::read(folder / "a.safetensors");
}

template <class T>
bool same_bytes(tensor<T, 2> const& a, tensor<T, 2> const& b)
{
    return a.extents() == b.extents() &&
           std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(T)) == 0;
}

template <class T>
tensor<T, 2> extremes()
{
    using limits = std::numeric_limits<T>;
    tensor<T, 2> t(2, 3);
    T const values[] = {limits::lowest(),     limits::max(),       limits::min(),
                        limits::denorm_min(), limits::quiet_NaN(), T(1)};
    std::copy(std::begin(values), std::end(values), t.begin());
    return t;
}

}  // namespace

TEMPLATE_TEST_CASE("Arrays come back bit for bit", "", float, double, std::int32_t, std::int64_t, std::uint8_t)
{
    auto const t = extremes<TestType>();
    io::safetensors arrays;
    arrays.set("x", t);
    arrays.set_scalar("s", TestType(7));
    auto const back = replay(arrays);
    CHECK(same_bytes(back.template get<TestType, 2>("x"), t));
    CHECK(back.template get_scalar<TestType>("s") == TestType(7));
    CHECK(back.shape("s").empty());
}

TEST_CASE("Names, metadata, shapes and order survive the file")
{
    io::safetensors arrays;
    arrays.metadata()["licence"] = "none \"quoted\" \xc3\xa9";
    arrays.set("b.weight", tensor<float, 4>(2, 1, 3, 5));
    arrays.set("a", tensor<double, 1>(0));
    arrays.set("empty", tensor<float, 3>(4, 3, 0));
    auto const back = replay(arrays);
    CHECK(back.metadata() == arrays.metadata());
    CHECK(back.names() == std::vector<std::string>{"a", "b.weight", "empty"});
    CHECK(back.shape("b.weight") == std::vector<index_t>{2, 1, 3, 5});
    CHECK(back.get<float, 3>("empty").extents() == dims<3>{{4, 3, 0}});
    CHECK(back.contains("a"));
    CHECK_FALSE(back.contains("b"));
    CHECK(replay({}).names().empty());
}

TEST_CASE("The file has the layout others read")
{
    scratch_folder const folder;
    tensor<float, 1> t(2);
    t(0) = 1;
    t(1) = -2;
    io::safetensors arrays;
    arrays.set("x", t);
    arrays.write(folder / "a");
    std::string const header = R"({"x":{"data_offsets":[0,8],"dtype":"F32","shape":[2]}})";
    std::string const padded = header + std::string((8 - header.size() % 8) % 8, ' ');
    std::string const expected = static_cast<char>(padded.size()) + std::string(7, '\0') + padded +
                                 std::string("\x00\x00\x80\x3f\x00\x00\x00\xc0", 8);
    CHECK(read_bytes(folder / "a") == expected);
}

TEST_CASE("Setting copies: strided views are made dense, an older array of the name is replaced")
{
    float data[] = {0, 1, 2, 3, 4, 5};
    io::safetensors arrays;
    arrays.set("x", tensor<double, 1>(9));
    arrays.set("x", view<float const, 2>(data, {{2, 3}}, {{1, 2}}));  // column-major
    data[1] = 100;
    auto const x = replay(arrays).get<float, 2>("x");
    CHECK(std::vector<float>(x.begin(), x.end()) == std::vector<float>{0, 2, 4, 1, 3, 5});
}

TEST_CASE("Arrays are converted to the type asked for")
{
    tensor<double, 1> t(3);
    t(0) = 1.5;
    t(1) = -2;
    t(2) = 1e300;
    io::safetensors arrays;
    arrays.set("x", t);
    arrays.set_scalar("n", std::int64_t{3});
    arrays.set("one", tensor<float, 3>(1, 1, 1));
    auto const x = arrays.get<float, 1>("x");
    CHECK(x(0) == 1.5f);
    CHECK(x(1) == -2.f);
    CHECK(x(2) == std::numeric_limits<float>::infinity());
    CHECK(arrays.get_scalar<double>("n") == 3.);
    CHECK(arrays.get_scalar<int>("one") == 0);
}

TEST_CASE("Wrong names and shapes are named")
{
    io::safetensors arrays;
    arrays.set("x", tensor<float, 2>(2, 3));
    CHECK(thrown<io_error>([&] { (void)arrays.shape("y"); }) == "safetensors: no array is named y");
    CHECK(thrown<io_error>([&] { (void)arrays.get<float, 2>("y"); }) == "safetensors: no array is named y");
    CHECK(thrown<io_error>([&] { (void)arrays.get_scalar<float>("y"); }) == "safetensors: no array is named y");
    CHECK(thrown<shape_error>([&] { (void)arrays.get<float, 3>("x"); }) == "safetensors: x must have 3 axes, got 2");
    CHECK(thrown<shape_error>([&] { (void)arrays.get_scalar<float>("x"); }) ==
          "safetensors: x must have one element, got 6");
    CHECK(thrown<value_error>([&] { arrays.set("__metadata__", tensor<float, 1>(1)); }) ==
          "safetensors::set: name must be free to use, got __metadata__");
    CHECK(thrown<value_error>([&] { arrays.set_scalar("__metadata__", 1.f); }) ==
          "safetensors::set: name must be free to use, got __metadata__");
    CHECK(arrays.names() == std::vector<std::string>{"x"});
}

TEST_CASE("Names that are no text are refused before a file exists")
{
    scratch_folder const folder;
    auto const path = folder / "a";
    io::safetensors arrays;
    arrays.set("caf\xe9", tensor<float, 1>(1));  // Latin-1
    CHECK(thrown<io_error>([&] { arrays.write(path); }) ==
          "cannot write " + path.string() + ": names and metadata must be UTF-8");
    CHECK(folder.entries() == 0);
}

}  // namespace hyspn::testing
